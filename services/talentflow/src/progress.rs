//! Progress: a bar in a terminal, plain lines in a log.

use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal;
use std::time::{Duration, Instant};

/// Shows how far each step has come, on standard error, so that the summary alone is on standard output.
pub struct Progress {
    terminal: bool,
    started: Instant,
}

/// One step under way.
pub struct Step {
    bar: Option<ProgressBar>,
    label: String,
    started: Instant,
}

impl Progress {
    pub fn new() -> Self {
        Self { terminal: std::io::stderr().is_terminal(), started: Instant::now() }
    }

    pub fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    pub fn step(&self, zh: &str, en: &str, total: usize) -> Step {
        let label = format!("{zh} · {en}");
        let bar = self.terminal.then(|| {
            let bar = ProgressBar::new(total as u64);
            if let Ok(style) = ProgressStyle::with_template("{msg:44} {bar:28} {pos:>7}/{len}") {
                bar.set_style(style);
            }
            bar.set_message(label.clone());
            bar
        });
        Step { bar, label, started: Instant::now() }
    }
}

impl Step {
    pub fn advance(&self, by: usize) {
        if let Some(bar) = &self.bar {
            bar.inc(by as u64);
        }
    }

    pub fn done(self, count: usize) {
        match self.bar {
            Some(bar) => bar.finish(),
            None => eprintln!("{:>6.1} s  {count:>7}  {}", self.started.elapsed().as_secs_f64(), self.label),
        }
    }
}
