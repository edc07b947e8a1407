//! How long a large program takes to compile: makes one of 10,000 lines of handlers as people write
//! them, compiles it five times, and prints the median. Fails above one second.
#![allow(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::print_stdout,
    reason = "it measures time"
)]

use std::fmt::Write;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use pasc_lang::{SourceFile, compile_tests};

/// The least number of lines.
const LINES: usize = 10_000;
/// How often it is compiled.
const ROUNDS: usize = 5;
/// The longest time that the median may take.
const MOST: Duration = Duration::from_secs(1);

/// How many loops of its own a timer's handler has.
const AUDITS: usize = 5;

fn audit(n: usize, at: usize) -> String {
    format!(
        r#"    for key, entry in table{n} {{
        if entry.term > term - {at} and key % {n}1 != {at} {{
            continue
        }}
        let known = counts.get_or("{{key}} at {at}", {at})
        if known >= entry.clients.len() or entry.command.starts_with("x{at}") {{
            pinned.insert(key + known)
        }} else {{
            counts[entry.command] = known + 1
        }}
    }}
"#
    )
}

/// One part of the program: messages, functions, handlers and a test of their own.
fn part(n: usize) -> String {
    let audits: String = (0..AUDITS).map(|at| audit(n, at)).collect();
    format!(
        r#"
record Entry{n} {{ term: int, command: text, clients: set<address> }}
enum Role{n} {{ Follower, Candidate(int, set<address>), Leader }}
message Append{n} {{ term: int, entries: list<Entry{n}>, commit: int }}
message Vote{n}   {{ term: int, last: int }}
message Reply{n}  {{ term: int, granted: bool, note: text }}

timer election{n}

/// The last term of a log.
fn last_term{n}(log: list<Entry{n}>) -> int {{
    match log.last() {{
        some(entry) => entry.term
        none => 0
    }}
}}

proc forget{n}(below: int) {{
    for key, entry in table{n} {{
        if entry.term < below and key not in pinned {{
            table{n}.remove(key)
        }}
    }}
}}

on Append{n}(m) when m.term >= term {{
    term = m.term
    for i, entry in m.entries {{
        if entry.command.is_empty() {{
            continue
        }}
        table{n}[m.commit + i] = entry
        counts["{{m.term}} of {{i}}"] = counts.get_or(entry.command, 0) + 1
    }}
    let late = [entry.command for _, entry in table{n} if entry.term < m.term]
    if late.len() > 3 {{
        forget{n}(m.term - 1)
    }} else if let some(first) = late.first() {{
        reply Reply{n} {{ term, granted: true, note: "{{first}} first" }}
        return
    }}
    set election{n} in 150ms + {n} * 1us
    reply Reply{n} {{ term, granted: sum(1 for key in pinned if key > {n}) == 0, note: "" }}
}}

on Append{n}(m) {{ reply Reply{n} {{ term, granted: false, note: "stale by {{term - m.term}}" }} }}

on Vote{n}(m) {{
    let up_to_date = m.last >= last_term{n}(table{n}.values())
    match role{n} {{
        Role{n}.Candidate(at, votes) if at == m.term => {{
            let all_votes = votes.union({{sender}})
            role{n} = if 2 * all_votes.len() > 5 {{ Role{n}.Leader }} else {{ Role{n}.Candidate(at, all_votes) }}
        }}
        Role{n}.Leader => return
        _ => {{
            if m.term > term and up_to_date {{
                term = m.term
                role{n} = Role{n}.Follower
            }}
        }}
    }}
    var left = m.last
    while left > 0 {{
        left = left / 2 - 1
        pinned.insert(left % 64)
    }}
    reply Reply{n} {{ term, granted: up_to_date, note: "" }}
}}

on timer election{n} {{
    term += 1
    role{n} = Role{n}.Candidate(term, {{self}})
{audits}    broadcast peers, Vote{n} {{ term, last: last_term{n}(table{n}.values()) }}
    set election{n} in 150ms + random(150) * 1ms
}}

test "a vote {n}" {{
    send Vote{n} {{ term: 3, last: 7 }} from "b"
    expect Reply{n} {{ granted: true }} to "b"
    assert term == 3 and pinned.len() >= 1
}}
"#
    )
}

fn program() -> String {
    let (mut parts, mut state) = (String::new(), String::new());
    for n in 0.. {
        if parts.lines().count() >= LINES {
            break;
        }
        parts += &part(n);
        let _ = writeln!(
            state,
            "    role{n}: Role{n} = Role{n}.Follower\n    table{n}: map<int, Entry{n}>"
        );
    }
    format!(
        "//! Many handlers.\n\nparam peers: list<address> = [\"a\", \"b\", \"c\"]\n\nstate {{\n    term: int = 0\n    \
         pinned: set<int>\n    counts: map<text, int>\n{state}}}\n{parts}"
    )
}

fn main() -> ExitCode {
    let source = SourceFile::new("large.pasc", program());
    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        let start = Instant::now();
        let compiled = compile_tests(&source);
        times.push(start.elapsed());
        if let Err(found) = compiled {
            for one in found.iter().filter(|one| one.is_error()).take(3) {
                println!("{}", pasc_lang::render(one, &source));
            }
            return ExitCode::FAILURE;
        }
    }
    times.sort();
    let median = times[times.len() / 2];
    println!(
        "{} lines, {} bytes: median {median:.1?} of {ROUNDS}, all {times:.1?}",
        source.text.lines().count(),
        source.text.len()
    );
    if median < MOST {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
