//! `pasc inject --mutate`: takes out one check after the other and sees whether a fault gets through.

use super::tell;
use crate::exit::Failed;
use crate::progress::Shared;
use crate::report::say;
use pasc_inject::{Check, ModeName, Mutation, Settings, Workload, grouped};

/// Looks for a fault that gets through without each check, in each mode. Says the table, and gives its
/// rows.
pub(crate) fn mutate(
    workload: &Workload,
    modes: &[ModeName],
    settings: &Settings,
) -> Result<Vec<Mutation>, Failed> {
    let mut rows = Vec::new();
    for mode in modes {
        let settings = Settings {
            mode: *mode,
            ..settings.clone()
        };
        let told = Shared::new();
        let progress = |done, all| tell(&told, mode.label(), done, all);
        let found = pasc_inject::mutate(workload, &settings, &progress);
        drop(told);
        rows.extend(found.map_err(super::failed)?);
    }
    say(table(&rows, modes));
    let noticed = |check: &&Check| {
        let mut rows = rows.iter().filter(|row| row.check == check.label());
        rows.any(|row| row.noticed)
    };
    say(format!(
        "{} of {} checks are noticed when they are missing",
        Check::ALL.iter().filter(noticed).count(),
        Check::ALL.len()
    ));
    Ok(rows)
}

/// One line for each check and mode, as Markdown.
fn table(rows: &[Mutation], modes: &[ModeName]) -> String {
    let mut lines = vec![
        "| check | mode | objections | without it |".to_owned(),
        "| --- | --- | --- | --- |".to_owned(),
    ];
    for check in Check::ALL {
        for mode in modes {
            let mut found = rows.iter();
            let found = found.find(|row| row.check == check.label() && row.mode == mode.label());
            lines.extend(found.map(line));
        }
    }
    lines.join("\n")
}

fn line(row: &Mutation) -> String {
    let found = match &row.fault {
        Some(fault) if row.noticed => format!("**silent**: `{fault}`"),
        Some(fault) => format!(
            "redundant here: behind it {}; without these too `{fault}`",
            row.behind.join(", ")
        ),
        None => format!(
            "redundant here: none of {} runs without it got through{}",
            grouped(row.performed),
            row.reason
                .iter()
                .map(|why| format!("; {why}"))
                .collect::<String>()
        ),
    };
    let objections = grouped(row.objections);
    format!(
        "| `{}` | {} | {objections} | {found} |",
        row.check, row.mode
    )
}
