//! The promises of `docs/reliability.md`, tested on the real programs.

mod copied_programs;
mod damaged_files;
mod divergence;
mod every_word;
mod fresh;
mod full_disk;
mod hostile_input;
mod interruption;
mod kill_anywhere;
mod memory;
mod project;
mod provenance;
mod same_bytes;
mod slurm;
mod stage_versions;
mod sweeps;
mod two_at_once;
