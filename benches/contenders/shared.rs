//! What a contender in a program of its own says and hears, and the inputs that all of them are given.
//!
//! Each line of the standard input is `FOLDER SIZE`: a folder of `benches/programs` and the size of the
//! work. The answer is a line `NANOSECONDS RESULT`, or `error TEXT`. The program is loaded once and kept.

use cpu_time::ThreadTime;
use std::io::{BufRead, Write};
use std::path::Path;
use std::time::Duration;

/// Answers until the input ends. `run` gives the time of one run, without loading, and its result.
#[allow(dead_code, reason = "the suite itself is no contender of this kind")]
pub fn serve(mut run: impl FnMut(&Path, i64) -> Result<(Duration, i64), String>) {
    let mut out = std::io::stdout();
    for line in std::io::stdin().lock().lines().map_while(Result::ok) {
        let asked = line
            .rsplit_once(' ')
            .and_then(|(folder, size)| Some((folder, size.parse().ok()?)));
        let answer = match asked {
            None => "error a line is FOLDER SIZE".to_owned(),
            Some((folder, size)) => match run(Path::new(folder), size) {
                Ok((time, result)) => format!("{} {result}", time.as_nanos()),
                Err(text) => format!("error {}", text.replace('\n', " ")),
            },
        };
        // Who asked has gone if this fails, and the input ends.
        let _ = writeln!(out, "{answer}").and_then(|()| out.flush());
    }
}

/// The processor time that a call takes of this thread, and what it gives. On a quiet machine this is
/// the time on the wall; on a busy one it leaves out when others had the processor.
pub fn timed<T>(call: impl FnOnce() -> T) -> (Duration, T) {
    let started = ThreadTime::now();
    let value = call();
    (started.elapsed(), value)
}

/// The bytes that `parse` takes apart: 64 KiB of lines `name=number`, one in eight a comment.
pub fn parse_input() -> Vec<u8> {
    let mut text = Vec::new();
    let mut x: u64 = 1;
    while text.len() < 65_500 {
        x = x * 16_807 % 2_147_483_647;
        let line = match x % 8 {
            0 => format!("# comment {x}\n"),
            1 | 2 => format!("name_{}=-{}\n", x % 997, x % 100_000),
            _ => format!("key{}={}\n", x % 97, x % 1_000_000),
        };
        text.extend(line.bytes());
    }
    text
}
