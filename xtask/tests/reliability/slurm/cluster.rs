//! A Slurm cluster of two nodes on this machine, for the time of one test.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Script that starts and stops it.
const SCRIPT: &str = "tests/reliability/slurm/cluster.sh";
/// Time for something to happen on a busy machine before the test gives up.
const PATIENCE: Duration = Duration::from_secs(240);

/// The cluster; it ends with this value.
pub struct Cluster {
    folder: tempfile::TempDir,
}

impl Cluster {
    /// Starts one; `None`, with a line that says why, where there is no Slurm and none can be installed.
    pub fn start() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().to_str().unwrap();
        // What its daemons hold open must not keep the test's own output open.
        let log = std::fs::File::create(folder.path().join("start.log")).unwrap();
        let status = Command::new(SCRIPT)
            .args(["start", path])
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .status()
            .unwrap();
        let cluster = Self { folder };
        if !status.success() {
            let said = std::fs::read_to_string(cluster.folder.path().join("start.log")).unwrap();
            let install = std::fs::read_to_string(cluster.folder.path().join("log/install.log"));
            println!(
                "not tried, as no Slurm could be started: {said}{}",
                install.unwrap_or_default()
            );
            return None;
        }
        Some(cluster)
    }

    /// Its configuration.
    pub fn conf(&self) -> PathBuf {
        self.folder.path().join("slurm.conf")
    }

    /// `command` as it runs on this cluster.
    pub fn on(&self, mut command: Command) -> Command {
        command.env("SLURM_CONF", self.conf());
        command
    }

    /// What one of Slurm's commands prints.
    pub fn ask(&self, words: &str) -> String {
        let mut parts = words.split_whitespace();
        let mut command = self.on(Command::new(parts.next().unwrap()));
        let output = command.args(parts).stdin(Stdio::null()).output().unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Ends one of `controller`, `node1`, `node2`; the controller saves what it knows.
    pub fn stop(&self, name: &str) {
        let file = self.folder.path().join(format!("{name}.pid"));
        let id: i32 = std::fs::read_to_string(file)
            .unwrap()
            .trim()
            .parse()
            .unwrap();
        nix::sys::signal::kill(
            nix::unistd::Pid::from_raw(id),
            nix::sys::signal::Signal::SIGTERM,
        )
        .unwrap();
    }

    /// Starts it again.
    pub fn revive(&self, name: &str) {
        let path = self.folder.path().to_str().unwrap();
        let status = Command::new(SCRIPT)
            .args(["daemon", path, name])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        assert!(status.unwrap().success());
    }

    /// Waits until `wanted` gives something.
    #[track_caller]
    pub fn wait<T>(&self, what: &str, mut wanted: impl FnMut() -> Option<T>) -> T {
        let started = Instant::now();
        loop {
            if let Some(found) = wanted() {
                return found;
            }
            let queue = || self.ask("squeue --array --format=%i|%j|%T|%r");
            assert!(
                started.elapsed() < PATIENCE,
                "waited in vain for {what}:\n{}",
                queue()
            );
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// Lets the tasks that were put back into the queue begin at once and not in two minutes.
    pub fn hurry(&self) {
        let text = self.ask("squeue --noheader --array --states=PENDING --format=%i|%r");
        let delayed = text.lines().filter_map(|line| line.split_once('|'));
        for (id, _) in delayed.filter(|(_, reason)| *reason == "BeginTime") {
            self.ask(&format!("scontrol update job={id} StartTime=now"));
        }
    }

    /// The tasks of this name that run, such as `12_3`.
    pub fn running(&self, name: &str) -> Vec<String> {
        let text = self.ask("squeue --noheader --array --states=RUNNING --format=%i|%j");
        let lines = text.lines().filter_map(|line| line.split_once('|'));
        let of_name = lines.filter(|(_, job)| job.contains(name));
        of_name.map(|(id, _)| id.to_owned()).collect()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let path = self.folder.path().to_str().unwrap();
        let _ = self
            .on(Command::new("scancel"))
            .arg("--full")
            .arg("--user=root")
            .status();
        let _ = Command::new(SCRIPT).args(["stop", path]).status();
        std::thread::sleep(Duration::from_millis(500));
    }
}
