//! `pasc sim` and `pasc model` as commands: right clusters hold, wrong ones are caught, a run is a function
//! of its seed, what fails is made smaller and fails again.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

mod common;
use common::{Ran, folder, pasc, text};
use serde_json::Value as Json;
use std::fs::read_to_string;
use std::path::Path;

const CLUSTERS: [&str; 4] = ["register", "write", "votes", "commit"];

fn cluster(name: &str) -> String {
    format!("tests/sim/{name}.toml")
}

fn sim(name: &str, options: &[&str]) -> Ran {
    pasc(&[&["sim", &cluster(name)], options].concat())
}

fn json(name: &str, options: &[&str]) -> Json {
    let ran = sim(name, &[&["--json", "-", "--all"], options].concat());
    serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {}{}", ran.out, ran.err))
}

#[test]
fn right_clusters_hold_whatever_happens() {
    for name in CLUSTERS {
        let ran = sim(name, &["--seeds", "10"]);
        assert_eq!(ran.code, 0, "{name}: {}", ran.err);
        assert!(ran.err.contains("10 runs"), "{}", ran.err);
    }
}

#[test]
fn a_run_that_is_cut_is_not_wrong_for_what_is_still_on_its_way() {
    let cluster = "examples/paxos/cluster.toml";
    for time in ["300ms", "1s", "3s"] {
        let ran = pasc(&["sim", cluster, "--for", time, "--seeds", "4", "--all"]);
        assert_eq!(ran.code, 0, "{time}: {}", ran.err);
    }
}

#[test]
fn wrong_clusters_are_caught_by_the_check_that_is_for_them() {
    for (name, change, kind) in [
        ("register", "process.server.durability=early", "kept"),
        ("register", "process.server.durability=none", "kept"),
        ("register", "process.server.params.caches=false", "kept"),
        ("write", "process.server.durability=none", "linearizability"),
        ("votes", "clients.votes=1", "kept"),
        ("commit", "process.coordinator.durability=none", "agreement"),
        ("commit", "checks.progress=1ms", "progress"),
    ] {
        let ran = sim(name, &["--seeds", "50", "--set", change]);
        assert_eq!(ran.code, 1, "{name} with {change}: {}", ran.err);
        let first = ran.err.lines().next().unwrap();
        assert!(
            first.starts_with("seed ") && first.contains(&format!(": {kind}, at ")),
            "{name} with {change}: {first}"
        );
    }
}

#[test]
fn flipped_bits_break_a_server_without_hardening_and_no_other() {
    let faults = ["--seeds", "6", "--set", "faults.asc=30"];
    let hardened = json("register", &faults);
    assert_eq!(hardened["violated"], 0);
    assert!(
        hardened["faults"]["asc_trapped"].as_u64().unwrap() > 50,
        "{hardened:#}"
    );
    assert!(
        hardened["faults"].get("asc_silent").is_none(),
        "{hardened:#}"
    );
    let plain = json(
        "register",
        &[&faults[..], &["--set", "process.server.mode=plain"]].concat(),
    );
    assert!(plain["violated"].as_u64().unwrap() > 0, "{plain:#}");
    assert!(
        plain["faults"]["asc_silent"].as_u64().unwrap() > 0,
        "{plain:#}"
    );
}

#[test]
fn clients_that_vote_name_the_server_that_differs() {
    let report = json("votes", &["--seeds", "20"]);
    assert_eq!(report["violated"], 0);
    assert_eq!(report["corrupted"][0], 20);
    assert!(report["corrupted"][1].as_u64().unwrap() >= 10, "{report:#}");
    assert_eq!(report["named_wrongly"], 0);
}

#[test]
fn a_run_is_a_function_of_its_seed_alone() {
    let folder = folder("sim_twice");
    for name in CLUSTERS {
        let log = |file: &str, seed: &str| {
            let path = text(&folder.join(file));
            let ran = sim(name, &["--seed", seed, "--log", &path]);
            assert_eq!(ran.code, 0, "{}", ran.err);
            read_to_string(path).unwrap()
        };
        let (first, again, other) = (log("a", "7"), log("b", "7"), log("c", "8"));
        assert!(first.lines().count() > 100, "{first}");
        assert!(first == again, "{name}: the logs of seed 7 differ");
        assert!(
            first != other,
            "{name}: the logs of seeds 7 and 8 are equal"
        );
        // Neither what ran before in the same worker nor the number of workers counts.
        let digest = |options: &[&str]| json(name, options)["digest"].clone();
        let several = digest(&["--seed", "3", "--seeds", "6", "--threads", "1"]);
        assert_eq!(
            several,
            digest(&["--seed", "3", "--seeds", "6", "--threads", "3"]),
            "{name}"
        );
        let messages = |options: &[&str]| json(name, options)["messages"].as_u64().unwrap();
        let alone: u64 = (3..9)
            .map(|seed: u64| messages(&["--seed", &seed.to_string()]))
            .sum();
        assert_eq!(
            messages(&["--seed", "3", "--seeds", "6", "--threads", "1"]),
            alone,
            "{name}"
        );
    }
}

#[test]
fn the_report_counts_what_happened() {
    let report = json("commit", &["--seeds", "10"]);
    assert_eq!(report["seeds"], 10);
    assert_eq!(report["operations"], 1000);
    assert!(report["messages"].as_u64().unwrap() > 5000);
    assert_eq!(report["leader_changes"], 0);
    assert_eq!(report["violations"], Json::Array(Vec::new()));
    assert_eq!(report["undecided"], Json::Array(Vec::new()));
    for (least, from) in [("crashes", 1), ("partitions", 1), ("asc", 5)] {
        assert!(
            report["least"][least].as_u64().unwrap() >= from,
            "{least}: {report:#}"
        );
    }
    for kind in ["crashes", "partitions", "asc", "lost", "duplicated"] {
        assert!(
            report["faults"][kind].as_u64().unwrap() > 0,
            "{kind}: {report:#}"
        );
    }
    assert!(
        report["sent"]["Prepare"].as_u64().unwrap() >= 2000,
        "{report:#}"
    );
}

#[test]
fn a_run_that_fails_is_made_smaller_drawn_and_fails_again() {
    let folder = folder("sim_shrink");
    let change = "process.server.durability=early";
    let ran = sim(
        "register",
        &[
            &["--seeds", "50", "--set", change][..],
            // Which faults inside a run needs to come to its crash is a matter of chance.
            &["--set", "faults.asc=0", "--shrink", &text(&folder)],
        ]
        .concat(),
    );
    assert_eq!(ran.code, 1);
    let found = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut found: Vec<_> = found.collect();
    found.sort();
    let [html, toml, chart] = &found[..] else {
        panic!("{found:?}");
    };
    let page = read_to_string(html).unwrap();
    assert!(
        page.contains("<svg") && page.contains("VIOLATION") && !page.contains("http"),
        "{page}"
    );
    assert!(read_to_string(chart).unwrap().contains("its node crashes"));
    let replay = read_to_string(toml).unwrap();
    let kept = replay.matches("[[schedule.planned]]").count();
    assert_eq!(kept, 1, "one crash is enough: {replay}");
    let replays = |file: &Path| pasc(&["sim", "--replay", &text(file)]);
    let ran = replays(toml);
    assert_eq!(ran.code, 1, "{}", ran.err);
    assert!(
        ran.err.contains("expected nothing, found kept"),
        "{}",
        ran.err
    );
    // As a test of what is wrong, and as one of what was mended.
    let expects = |from: &str, to: &str, file: &str| {
        let path = folder.join(file);
        assert!(replay.contains(from), "{replay}");
        std::fs::write(&path, replay.replace(from, to)).unwrap();
        replays(&path).code
    };
    assert_eq!(
        expects("expect = \"nothing\"", "expect = \"kept\"", "wrong.toml"),
        0
    );
    assert_eq!(
        expects("durability=early", "durability=synced", "mended.toml"),
        0
    );
}

#[test]
fn regressions_stay_mended() {
    let files = std::fs::read_dir(common::root().join("tests/sim/regressions")).unwrap();
    let mut files: Vec<_> = files.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty());
    for file in files {
        let ran = pasc(&["sim", "--replay", &text(&file)]);
        assert_eq!(ran.code, 0, "{}: {}", file.display(), ran.err);
    }
}

#[test]
fn a_history_that_fails_is_drawn_and_one_that_takes_too_long_is_undecided() {
    let ran = sim(
        "write",
        &["--seeds", "50", "--set", "process.server.durability=none"],
    );
    assert!(
        ran.err.contains("is not linearizable") && ran.err.contains("No order of these operations"),
        "{}",
        ran.err
    );
    let ran = sim("write", &["--set", "checks.steps=3"]);
    assert_eq!(ran.code, 6, "{}", ran.err);
    assert!(ran.err.contains("undecided"), "{}", ran.err);
}

#[test]
fn what_a_process_was_given_is_a_trace_that_runs_alone() {
    let folder = folder("sim_record");
    let trace = text(&folder.join("server.jsonl"));
    let record = format!("server={trace}");
    let calm = ["--set", "faults.asc=0", "--set", "faults.crashes=0"];
    let ran = sim("register", &[&["--record", &record][..], &calm].concat());
    assert_eq!(ran.code, 0, "{}", ran.err);
    let ran = pasc(&[
        "run",
        "tests/sim/register.pasc",
        "--self",
        "server",
        "--trace",
        &trace,
        "--check",
    ]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.out.lines().count() > 100);
}

#[test]
fn files_that_make_no_sense_are_refused_with_a_sentence() {
    for (change, says) in [
        (
            "clients.to=[\"@sever\"]",
            "there is no kind of process `sever`; did you mean `server`?",
        ),
        (
            "process.server.params.cache=true",
            "has no parameter `cache`; did you mean `caches`?",
        ),
        ("process.server.mode=soft", "unknown variant `soft`"),
        ("network.los=1", "unknown field `los`"),
        ("faults.down=5", "expected one value such as 3"),
        (
            "clients.reply.receive=Valve",
            "no program has a message `Valve`",
        ),
        ("faults.shapes=[]", "`faults.shapes` must name a shape"),
        (
            "network.loss=2",
            "`network.loss` is a probability, from 0 to 1",
        ),
        (
            "network.duplicate=nan",
            "`network.duplicate` is a probability",
        ),
        (
            "network.delay=[\"9ms\",\"1ms\"]",
            "`network.delay` has its least before its greatest",
        ),
        ("faults.crashes=[5,1]", "`faults.crashes` has its least"),
        ("clocks.drift_ppm=1000000", "no clock stands still"),
        ("clients.keys=0", "no client, no operation, or no key"),
        ("clients.count=0", "no client, no operation, or no key"),
        (
            "process.server.count=0",
            "`count` of `server` is at least 1",
        ),
        ("model.states=0", "`model.states` is at least 1"),
        (
            "model.within=[{ process = 'sever', variable = 'x', most = 1 }]",
            "there is no kind of process `sever`",
        ),
        (
            "model.within=[{ process = 'server', variable = 'x', most = 1 }]",
            "`server` has no variable `x`",
        ),
        ("faults.shapes=[\"splt\"]", "unknown variant `splt`"),
        (
            "model.stale=[{ process = 'server', message = 'Value', field = 'sec', below = 'x' }]",
            "`server` has no variable `x`",
        ),
        (
            "process.client.count=2",
            "there is no kind of process `client`",
        ),
    ] {
        let ran = sim("register", &["--set", change]);
        assert_eq!(ran.code, 2, "{change}: {}", ran.err);
        assert!(ran.err.contains(says), "{change}: {}", ran.err);
    }
    assert_eq!(sim("paxos", &[]).code, 2, "no clients and no time");
    assert_eq!(sim("none", &[]).code, 5);
    let empty = folder("sim_empty").join("cluster.toml");
    std::fs::write(&empty, "").unwrap();
    let ran = pasc(&["sim", &text(&empty)]);
    assert_eq!(ran.code, 2, "{}", ran.err);
    let says = "it is empty; a cluster has at least a `name` and a `[[process]]`";
    assert!(ran.err.contains(says), "{}", ran.err);
}

/// One ballot each, so that it takes no time.
const SMALL: &str = "model.inputs=[{ from = 'u', to = 'proposer1', send = 'Stand', body = { ballot = 1, value = 'a' } }, \
                     { from = 'u', to = 'proposer2', send = 'Stand', body = { ballot = 2, value = 'b' } }]";

fn model(options: &[&str]) -> Ran {
    let slots = "process.proposer.params.slots=1";
    pasc(
        &[
            &[
                "model",
                &cluster("paxos"),
                "--set",
                SMALL,
                "--set",
                slots,
                "--json",
                "-",
            ],
            options,
        ]
        .concat(),
    )
}

#[test]
fn every_order_of_messages_is_right_and_wrong_variants_are_found() {
    let ran = model(&[]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let report: Json = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(report["exhausted"], true);
    let folder = folder("model");
    let chart = text(&folder.join("way.txt"));
    for wrong in [
        &["--set", "process.proposer.params.quorum=1"][..],
        &["--set", "process.proposer.params.asks_first=false"],
        &[
            "--set",
            "process.acceptor.durability=none",
            "--set",
            "model.crashes=1",
        ],
    ] {
        let ran = model(&[wrong, &["--chart", &chart]].concat());
        assert_eq!(ran.code, 1, "{wrong:?}: {}", ran.err);
        let drawn = read_to_string(&chart).unwrap();
        assert!(
            drawn.contains("Accept ") && drawn.contains("VIOLATION"),
            "{drawn}"
        );
    }
    assert_eq!(model(&["--set", "model.states=100"]).code, 6);
    let apart = model(&["--set", "model.symmetric=[]"]);
    assert_eq!(apart.code, 0, "{}", apart.err);
    let apart: Json = serde_json::from_str(&apart.out).unwrap();
    let (states, apart) = (report["states"].as_u64(), apart["states"].as_u64());
    assert!(apart > Some(1000) && apart > states && apart <= states.map(|states| 6 * states));
    let whole = model(&["--set", "model.stale=[]", "--set", "model.eager=[]"]);
    assert_eq!(whole.code, 0, "{}", whole.err);
    let all: Json = serde_json::from_str(&whole.out).unwrap();
    assert!(all["states"].as_u64() > report["states"].as_u64(), "{all}");
    for (wrong, says) in [
        (
            "model.stale=[{ process = 'acceptor', message = 'Accept', field = 'slot', below = 'promised' }]",
            "that `Accept` does nothing to `acceptor` if `slot` is below `promised`: the message does something",
        ),
        (
            "model.stale=[{ process = 'acceptor', message = 'Accept', field = 'balot', below = 'promised' }]",
            "`Accept` has no integer `balot`",
        ),
        (
            "model.eager=['Accept', 'Accepted']",
            "`model.eager` is wrong: Accept ",
        ),
        (
            "model.stale=[{ process = 'acceptor', message = 'Accept', field = 'ballot', below = 'votes' }]",
            "`votes` of `acceptor` is no integer",
        ),
        (
            "model.symmetric=['acceptors']",
            "there is no kind of process `acceptors`",
        ),
        // Their numbers stand in what they say.
        (
            "process.acceptor.params.id='{n}'",
            "`model.symmetric` is wrong: Accept ",
        ),
        // Two proposers that are told different things are no matter: what they do with it is the same.
        ("model.symmetric=['acceptor', 'proposer']", "is right"),
    ] {
        let ran = model(&["--set", wrong]);
        let code = match says {
            "is right" => 0,
            _ if says.contains(" is wrong: ") || says.contains("does something") => 1,
            _ => 2,
        };
        assert_eq!(ran.code, code, "{wrong}: {}", ran.err);
        assert!(ran.err.contains(says), "{wrong}: {}", ran.err);
    }
    let still = model(&["--set", "model.inputs=[]"]);
    assert_eq!(still.code, 2, "{}", still.err);
    assert!(
        still.err.contains("no message changes anything"),
        "{}",
        still.err
    );
}

#[test]
fn processes_that_cannot_take_each_others_place_are_told_by_a_state() {
    let folder = folder("model_symmetric");
    let program = "param id: int = 0\nmessage Hit {}\nmessage Done {}\nstate {\n    hits: int = 0\n}\n\
                   on Hit(m) {\n    hits += id\n    reply Done {}\n}\n";
    let cluster = "name = 'two'\n[[process]]\nname = 'p'\nprogram = 'p.pasc'\ncount = 2\nparams = { id = '{n}' }\n\
                   [model]\nsymmetric = ['p']\ninputs = [{ from = 'u', to = 'p1', send = 'Hit', body = {} }]\n";
    std::fs::write(folder.join("p.pasc"), program).unwrap();
    let path = folder.join("cluster.toml");
    std::fs::write(&path, cluster).unwrap();
    let ran = pasc(&["model", &text(&path)]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    let says = "p2 never comes to the counterpart of what p1 came to, hits: 1";
    assert!(ran.err.contains(says), "{}", ran.err);
}
