//! What replication costs: messages and instructions for each command, of Multi-Paxos in two modes and of
//! PBFT, with batches of 1 to 256 commands.
//!
//! `replication` counts everything under callgrind, two runs at once, writes a table to the standard output,
//! and, with `--json FILE` and `--svg FILE`, figures and picture. `replication PROTOCOL MODE BATCH` is one run.
//! Only the servers' `Process::handle` is counted; applications run beside them, and clients are not of pasc.

use pasc_benches::replication::{Costs, Group, run};
use serde_json::json;
use std::process::{Command, ExitCode};

const BATCHES: [usize; 9] = [1, 2, 4, 8, 16, 32, 64, 128, 256];
const LINES: [(&str, &str); 3] = [("paxos", "plain"), ("paxos", "lockstep"), ("pbft", "plain")];
/// How many times the instructions of plain lockstep may take.
const MOST: f64 = 2.2;

/// What callgrind counts: it knows the function by its name.
#[unsafe(no_mangle)]
#[inline(never)]
fn pasc_measured(work: &mut dyn FnMut()) {
    work();
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    if let [protocol, mode, batch] = args.as_slice()
        && let (Some(group), Ok(batch)) = (Group::new(protocol, mode), batch.parse())
    {
        let costs = run(&group, batch, pasc_measured);
        println!("{} {} {}", costs.commands, costs.messages, costs.bytes);
        return ExitCode::SUCCESS;
    }
    let mut json_file = None;
    let mut svg_file = None;
    for pair in args.chunks(2) {
        match pair {
            ["--json", file] => json_file = Some(*file),
            ["--svg", file] => svg_file = Some(*file),
            _ => {
                eprintln!("usage: replication [--json FILE] [--svg FILE] | PROTOCOL MODE BATCH");
                return ExitCode::from(2);
            }
        }
    }
    let rows: Vec<Row> = BATCHES.iter().flat_map(|&batch| row(batch)).collect();
    if let Some(file) = json_file {
        let rows: Vec<_> = rows.iter().map(Row::json).collect();
        let text =
            serde_json::to_string_pretty(&json!({ "servers": 3, "pbft_servers": 4, "rows": rows }));
        std::fs::write(file, text.expect("figures are JSON") + "\n").expect("the file is written");
    }
    if let Some(file) = svg_file {
        std::fs::write(file, picture(&rows)).expect("the file is written");
    }
    let worst = BATCHES
        .iter()
        .map(|&batch| ratio(&rows, batch))
        .fold(0.0, f64::max);
    println!("lockstep takes at most {worst:.2} times the instructions of plain");
    ExitCode::from(u8::from(worst > MOST))
}

struct Row {
    protocol: &'static str,
    mode: &'static str,
    batch: usize,
    costs: Costs,
    instructions: u64,
}

impl Row {
    fn per_command(&self, n: u64) -> f64 {
        n as f64 / self.costs.commands as f64
    }

    fn json(&self) -> serde_json::Value {
        json!({
            "protocol": self.protocol, "mode": self.mode, "batch": self.batch,
            "messages": self.per_command(self.costs.messages),
            "bytes": self.per_command(self.costs.bytes),
            "instructions": self.per_command(self.instructions),
        })
    }
}

fn ratio(rows: &[Row], batch: usize) -> f64 {
    let of = |mode: &str| {
        let row = rows
            .iter()
            .find(|row| row.protocol == "paxos" && row.mode == mode && row.batch == batch);
        row.map_or(f64::NAN, |row| row.per_command(row.instructions))
    };
    of("lockstep") / of("plain")
}

/// The runs with one size of batches, side by side.
fn row(batch: usize) -> Vec<Row> {
    let rows: Vec<Row> = std::thread::scope(|scope| {
        let runs =
            LINES.map(|(protocol, mode)| scope.spawn(move || counted(protocol, mode, batch)));
        runs.into_iter()
            .map(|run| run.join().expect("the run ends"))
            .collect()
    });
    for row in &rows {
        println!(
            "{:<6} {:<9} batch {:>3}: {:>7.2} messages, {:>9.0} bytes, {:>9.0} instructions a command",
            row.protocol,
            row.mode,
            batch,
            row.per_command(row.costs.messages),
            row.per_command(row.costs.bytes),
            row.per_command(row.instructions)
        );
    }
    rows
}

fn counted(protocol: &'static str, mode: &'static str, batch: usize) -> Row {
    let own = std::env::current_exe().expect("this program has a path");
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .args(["--collect-atstart=no", "--toggle-collect=pasc_measured"])
        .arg(own)
        .args([protocol, mode, &batch.to_string()])
        .output()
        .expect("valgrind is installed");
    let report = String::from_utf8_lossy(&output.stderr);
    let numbers = String::from_utf8_lossy(&output.stdout);
    let numbers: Vec<u64> = numbers
        .split_whitespace()
        .filter_map(|n| n.parse().ok())
        .collect();
    let collected = report
        .lines()
        .find_map(|line| line.split("Collected : ").nth(1));
    let instructions = collected.and_then(|number| number.trim().parse().ok());
    let (&[commands, messages, bytes], Some(instructions)) = (numbers.as_slice(), instructions)
    else {
        panic!("{protocol}, {mode}, {batch}: {report}");
    };
    let costs = Costs {
        commands,
        messages,
        bytes,
    };
    Row {
        protocol,
        mode,
        batch,
        costs,
        instructions,
    }
}

/// Instructions for each command over the size of batches, both on scales of powers of two.
fn picture(rows: &[Row]) -> String {
    let (width, height, left, bottom) = (640.0, 400.0, 70.0, 350.0);
    let most = rows
        .iter()
        .map(|row| row.per_command(row.instructions))
        .fold(0.0, f64::max)
        .log2()
        .ceil();
    let least = rows
        .iter()
        .map(|row| row.per_command(row.instructions))
        .fold(f64::MAX, f64::min)
        .log2()
        .floor();
    let x = |batch: usize| left + (batch as f64).log2() / 8.0 * (width - left - 130.0);
    let y = |n: f64| bottom - (n.log2() - least) / (most - least) * (bottom - 30.0);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"{width}\" height=\"{height}\" fill=\"white\"/>\n"
    );
    for power in least as i32..=most as i32 {
        let at = y(f64::from(power).exp2());
        let label = f64::from(power).exp2();
        out += &format!(
            "<path d=\"M{left} {at:.1}H{:.1}\" stroke=\"#ddd\"/>\n",
            width - 130.0
        );
        out += &format!(
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{label:.0}</text>\n",
            left - 6.0,
            at + 4.0
        );
    }
    for batch in BATCHES {
        out += &format!(
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{batch}</text>\n",
            x(batch),
            bottom + 18.0
        );
    }
    for ((protocol, mode), colour) in LINES.into_iter().zip(["#2b7bba", "#c0392b", "#7f8c8d"]) {
        let mine: Vec<&Row> = rows
            .iter()
            .filter(|row| row.protocol == protocol && row.mode == mode)
            .collect();
        let points = mine
            .iter()
            .map(|row| (x(row.batch), y(row.per_command(row.instructions))));
        let points: Vec<String> = points.map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        out += &format!(
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>\n",
            points.join(" ")
        );
        if let Some(last) = mine.last() {
            let at = y(last.per_command(last.instructions)) + 4.0;
            out += &format!(
                "<text x=\"{:.1}\" y=\"{at:.1}\" fill=\"{colour}\">{protocol}, {mode}</text>\n",
                x(256) + 8.0
            );
        }
    }
    out += &format!(
        "<text x=\"{left}\" y=\"16\">instructions of all servers for each command</text>\n\
         <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">commands in a batch</text>\n</svg>\n",
        (left + width - 130.0) / 2.0,
        bottom + 40.0
    );
    out
}
