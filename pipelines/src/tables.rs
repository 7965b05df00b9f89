//! Names of the tables that `evaluate` writes and `report` reads, and of their columns.
