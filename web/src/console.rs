//! What the program says to the person who started it. Everything else goes to the log.

/// A line on standard output.
#[expect(clippy::print_stdout, reason = "the command line is this program's interface to its operator")]
pub fn say(line: impl std::fmt::Display) {
    println!("{line}");
}

/// A line on standard error.
pub fn complain(line: impl std::fmt::Display) {
    eprintln!("{line}");
}
