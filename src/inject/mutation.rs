//! `pasc inject --mutate`: takes out one check after the other and sees whether the campaign notices.

use crate::exit::{Code, Failed};
use crate::report::say;
use pasc_inject::{Check, ModeName, Settings, Workload};
use serde_json::json;

/// Runs the campaign without each check, until its first silent corruption. A check that no fault
/// misses is redundant at this level. Gives the table as JSON.
pub(crate) fn mutate(
    workload: &Workload,
    modes: &[ModeName],
    settings: &Settings,
) -> Result<(Code, serde_json::Value), Failed> {
    let mut rows = Vec::new();
    let width = Check::ALL.iter().map(|check| check.label().len()).max();
    let width = width.unwrap_or(0);
    for check in Check::ALL {
        let mut cells = Vec::new();
        for mode in modes {
            let settings = Settings {
                mode: *mode,
                without: Some(*check),
                until_sdc: true,
                ..settings.clone()
            };
            let report = pasc_inject::run(workload, &settings, &|_, _| {});
            let report = report.map_err(super::failed)?;
            let seen = match report.sdc_list.first() {
                Some(shown) => format!("noticed: {}", shown.fault),
                None => format!("not missed in {} runs", report.performed),
            };
            rows.push(json!({
                "check": check.label(),
                "mode": mode.label(),
                "noticed": report.counts.sdc > 0,
                "performed": report.performed,
                "fault": report.sdc_list.first().map(|shown| shown.fault.clone()),
            }));
            cells.push(format!("{}: {seen}", mode.label()));
        }
        say(format!("{:width$}  {}", check.label(), cells.join("; ")));
    }
    Ok((Code::Done, rows.into()))
}
