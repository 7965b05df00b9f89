//! What a user can rely on, tried on the real programs: see `docs/reliability.md`.

mod fresh;
mod full_disk;
mod hostile_input;
mod interruption;
mod kill_anywhere;
mod numbers_that_go_wrong;
mod project;
mod rot;
mod same_bytes;
mod stage_versions;
mod two_at_once;
