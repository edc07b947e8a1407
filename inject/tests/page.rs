//! The page of a report: well-formed, escaped, complete, and without need of anything outside it.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

use pasc_inject::{
    Counts, Happening, Outcome, Report, Shown, Sparse, Workload, WorkloadInput, page,
};
use pasc_lang::SourceFile;
use pasc_vm::process::Options;
use std::collections::BTreeMap;

const SOURCE: &str = "\
message Add { by: int }
message Sum { of: text }
state { total: int = 0 }

on Add(m) when m.by < 9 and m.by > 1 {
    total += m.by
    reply Sum { of: \"<script>alert('&')</script>\" }
}
";

const COMMAND: &str = "pasc inject a&b.pasc --trace <t>.jsonl";

fn workload() -> Workload {
    let source = SourceFile::new("<b>.pasc", SOURCE);
    let program = pasc_lang::compile(&source).unwrap().program;
    let input = WorkloadInput {
        ordinal: 1,
        time: 0,
        frame: Vec::new(),
        crc: 0,
    };
    Workload::new(&program, &Options::new("own"), vec![input]).unwrap()
}

/// Each outcome happened another number of times.
fn counts() -> Counts {
    let mut counts = Counts::default();
    for (index, outcome) in Outcome::ALL.iter().enumerate() {
        counts.add(*outcome, 1_001 + 10 * index as u64);
    }
    counts
}

fn report(mode: &str, counts: Counts) -> Report {
    let injected = counts.total();
    let mut whole = counts;
    whole.omitted += whole.runtime_error + whole.omitted_committed;
    let shown = Shown {
        input: 1,
        step: 7,
        site: "apply_a".to_owned(),
        line: 6,
        fault: "1:7:a.register[0]:flip:3".to_owned(),
        weight: 5,
        without: None,
    };
    let sdc_list = if counts.sdc > 0 {
        vec![shown]
    } else {
        Vec::new()
    };
    Report {
        format: pasc_inject::FORMAT,
        level: "machine".to_owned(),
        part: String::new(),
        weighted: None,
        mode: mode.to_owned(),
        program: "<b>.pasc".to_owned(),
        inputs: 1,
        exhaustive: true,
        without: None,
        samples: None,
        only: Vec::new(),
        growing: false,
        happening: Happening::Once,
        seed: 3,
        steps: 20,
        locations: 30,
        injected,
        performed: 40,
        unreachable: 0,
        unreachable_by_place: BTreeMap::new(),
        missed: 0,
        counts: whole,
        by_line: BTreeMap::from([(0, counts), (5, counts), (6, counts), (7, counts)]),
        by_place: BTreeMap::from([
            ("register".to_owned(), counts),
            ("phase".to_owned(), counts),
        ]),
        by_site: BTreeMap::from([("apply_a".to_owned(), counts)]),
        by_bit: BTreeMap::from([(0, counts), (63, counts)]),
        by_place_bit: BTreeMap::from([(
            "register".to_owned(),
            BTreeMap::from([
                (0, Sparse(counts)),
                (1, Sparse(counts)),
                (63, Sparse(counts)),
            ]),
        )]),
        sdc_list,
        strangers: Vec::new(),
    }
}

fn clean() -> Counts {
    Counts { sdc: 0, ..counts() }
}

fn pages() -> Vec<String> {
    let (dirty, fine) = (report("plain", counts()), report("lockstep", clean()));
    let nothing = report("sequential", Counts::default());
    let sampled = Report {
        samples: Some(fine.injected),
        exhaustive: false,
        ..fine.clone()
    };
    let workload = workload();
    [
        vec![],
        vec![dirty.clone()],
        vec![fine.clone()],
        vec![dirty, fine, nothing, sampled],
    ]
    .map(|reports| page(&workload, &reports, COMMAND))
    .to_vec()
}

/// The page without what stands in the style sheet and the script.
fn without_own(page: &str) -> String {
    let mut rest = page.to_owned();
    for name in ["style", "script"] {
        let start = rest.find(&format!("<{name}>")).unwrap() + name.len() + 2;
        let end = start + rest[start..].find(&format!("</{name}>")).unwrap();
        rest.replace_range(start..end, "");
    }
    rest
}

/// Checks that each tag is closed in its order, and that no text or value holds a bare sign.
fn well_formed(page: &str) -> Result<usize, String> {
    let page = page
        .strip_prefix("<!DOCTYPE html>")
        .ok_or("no document type")?;
    let mut open: Vec<&str> = Vec::new();
    let mut tags = 0;
    let mut rest = page;
    while let Some(start) = rest.find('<') {
        let text = &rest[..start];
        bare(text)?;
        let end = rest[start..].find('>').ok_or("a tag has no end")? + start;
        let tag = &rest[start + 1..end];
        rest = &rest[end + 1..];
        tags += 1;
        if let Some(name) = tag.strip_prefix('/') {
            let last = open.pop();
            if last != Some(name) {
                return Err(format!("</{name}> closes {last:?}"));
            }
            continue;
        }
        bare(tag)?;
        if tag.contains('<') || tag.matches('"').count() % 2 != 0 {
            return Err(format!("<{tag}>"));
        }
        if !tag.ends_with('/') {
            open.push(tag.split(' ').next().unwrap());
        }
    }
    bare(rest)?;
    if open.is_empty() {
        Ok(tags)
    } else {
        Err(format!("open: {open:?}"))
    }
}

fn bare(text: &str) -> Result<(), String> {
    let known = ["amp;", "lt;", "gt;", "quot;", "#39;"];
    let mut ands = text.split('&').skip(1);
    let bare = ands.any(|after| !known.iter().any(|entity| after.starts_with(entity)));
    if bare || text.contains('>') {
        Err(format!("not escaped: {text}"))
    } else {
        Ok(())
    }
}

#[test]
fn the_page_is_well_formed() {
    for page in pages() {
        let tags = well_formed(&without_own(&page)).unwrap();
        assert!(tags > 50, "{tags}");
    }
}

#[test]
fn what_is_not_well_formed_is_noticed() {
    for page in [
        "<p></p>",
        "<!DOCTYPE html><p>",
        "<!DOCTYPE html><a><b></a></b>",
    ] {
        assert!(well_formed(page).is_err(), "{page}");
    }
    for text in ["1 & 2", "a > b", "<p class=\"></p>"] {
        assert!(
            well_formed(&format!("<!DOCTYPE html>{text}")).is_err(),
            "{text}"
        );
    }
}

#[test]
fn source_name_and_command_are_escaped() {
    for page in pages() {
        assert!(page.contains("&lt;b&gt;.pasc"));
        assert!(!page.contains("<b>.pasc") && !page.contains("<t>"));
        assert!(!page.contains("<script>alert"));
    }
    let page = &pages()[1];
    assert!(page.contains("m.by &lt; 9 and m.by &gt; 1"));
    assert!(page.contains("&lt;script&gt;alert(&#39;&amp;&#39;)&lt;/script&gt;"));
    assert!(page.contains("pasc inject a&amp;b.pasc --trace &lt;t&gt;.jsonl --mode plain"));
}

#[test]
fn the_page_needs_nothing_from_outside() {
    for page in pages() {
        for reference in [
            "://", "url(", "@import", "<link", " src=", "<iframe", "<base",
        ] {
            assert!(!page.contains(reference), "{reference}");
        }
        let elsewhere = page
            .split(" href=\"")
            .skip(1)
            .any(|target| !target.starts_with('#'));
        assert!(!elsewhere);
        assert!(page.contains("default-src &#39;none&#39;"));
    }
}

#[test]
fn every_outcome_is_named_explained_and_counted() {
    let page = &pages()[1];
    for (index, outcome) in Outcome::ALL.iter().enumerate() {
        assert!(page.contains(outcome.text()), "{outcome:?}");
        assert!(
            page.contains(&format!("o-{}", outcome.label())),
            "{outcome:?}"
        );
        let mut number = 1_001 + 10 * index as u64;
        if *outcome == Outcome::Omitted {
            number += counts().runtime_error + counts().omitted_committed;
        }
        let text = number.to_string();
        let (thousands, rest) = text.split_at(text.len() - 3);
        assert!(
            page.contains(&format!("<b>{thousands},{rest}</b>")),
            "{outcome:?}"
        );
    }
}

#[test]
fn the_style_sheet_knows_every_outcome_and_both_schemes() {
    let page = &pages()[0];
    for outcome in Outcome::ALL {
        assert!(
            page.contains(&format!(".o-{} {{", outcome.label())),
            "{outcome:?}"
        );
    }
    assert!(page.contains("prefers-color-scheme: dark") && page.contains("@media print"));
}

#[test]
fn the_verdict_says_what_was_found() {
    let pages = pages();
    assert!(pages[2].contains("No silent corruption in 9,369 faults<"));
    assert!(pages[1].contains("1,091 silent corruptions in 10,460 faults<"));
    let all = &pages[3];
    assert!(all.contains("No fault was injected: this says nothing"));
    assert!(all.contains("No silent corruption in 9,369 faults that were drawn"));
    assert!(all.contains("0 %; 0 % to 0.0394 % with 95 % confidence"));
    assert!(!pages[2].contains("confidence"));
}

#[test]
fn a_silent_corruption_comes_with_the_command_that_replays_it() {
    let (page, clean) = (&pages()[1], &pages()[2]);
    let command = "a&amp;b.pasc --trace &lt;t&gt;.jsonl --mode plain --replay \
                   &#39;1:7:a.register[0]:flip:3&#39;";
    assert!(page.contains(command));
    assert!(page.contains("href=\"#line-6\"") && page.contains("id=\"line-6\""));
    assert!(!clean.contains("--replay"));
}

#[test]
fn a_campaign_that_is_not_whole_says_so() {
    let (missed, strangers) = (7, vec!["u64 after <read>".to_owned()]);
    let broken = Report {
        missed,
        strangers,
        ..report("lockstep", clean())
    };
    let page = page(&workload(), &[broken], COMMAND);
    assert!(page.contains("7 faults had no place when they were to happen"));
    assert!(
        page.contains("no place names, after the points: &lt;read&gt;.") && !page.contains("u64")
    );
    assert!(page.contains("class=\"card control\"") && !page.contains("class=\"card good\""));
    assert!(pages()[2].contains("class=\"card good\""));
    assert!(!pages()[2].contains("Not whole"));
}

#[test]
fn reports_are_read_back_as_they_were_written() {
    for report in [report("plain", counts()), report("lockstep", clean())] {
        let text = serde_json::to_string(&report).unwrap();
        assert_eq!(serde_json::from_str::<Report>(&text).unwrap(), report);
    }
}

#[test]
fn long_runs_of_lines_without_faults_are_left_out() {
    let report = |lines: &[u32]| Report {
        by_line: lines.iter().map(|line| (*line, counts())).collect(),
        ..report("plain", counts())
    };
    let short = page(&workload(), &[report(&[5, 7])], COMMAND);
    assert!(short.contains("id=\"line-1\"") && short.contains("id=\"line-6\""));
    assert!(!short.contains(": no faults"));
    let long = page(&workload(), &[report(&[7])], COMMAND);
    assert!(long.contains("lines 1 to 6: no faults") && !long.contains("id=\"line-6\""));
    assert!(long.contains("id=\"line-7\"") && long.contains("id=\"line-8\""));
    let outside = page(&workload(), &[report(&[0, 900])], COMMAND);
    assert!(outside.contains("lines 1 to 8: no faults"));
}

#[test]
fn the_command_names_all_that_was_asked_for() {
    let commands = |only: &[&str], happening| {
        let report = Report {
            only: only.iter().map(|part| (*part).to_owned()).collect(),
            happening,
            samples: Some(9),
            ..report("sequential", clean())
        };
        page(&workload(), &[report], "pasc inject x")
    };
    let (_, parts, _) = pasc_inject::PRESETS
        .iter()
        .find(|(name, ..)| *name == "bases")
        .unwrap();
    let mut mixed = vec!["fuel"];
    mixed.extend(*parts);
    let page = commands(&mixed, Happening::Stuck);
    let options = "--only fuel --campaign bases --happening stuck --samples 9 --seed 3";
    assert!(page.contains(&format!("pasc inject x --mode sequential {options}<")));
    assert!(page.contains("beyond the fault model"));
    let page = commands(&["fuel"], Happening::Once);
    assert!(page.contains("pasc inject x --mode sequential --only fuel --samples 9 --seed 3<"));
    assert!(!page.contains("beyond the fault model"));
}
