//! Histories: what is linearizable, what is not, and what is shown of it. A second algorithm, that of
//! stateright, decides the same.

use pasc_sim::check::lost;
use pasc_sim::config::Meaning;
use pasc_sim::history::Done;
use pasc_sim::linear::{Verdict, judge, picture, reduce};
use stateright::semantics::{ConsistencyTester, LinearizabilityTester, SequentialSpec};

const STEPS: u64 = 1_000_000;

/// An operation of a client on key 1, from one time to another, which was told a result.
fn done(
    client: u32,
    kind: Meaning,
    value: &str,
    times: (u64, Option<u64>),
    result: Option<&str>,
) -> Done {
    Done {
        client,
        seq: times.0 as u32 + 1,
        kind,
        key: 1,
        value: value.to_owned(),
        old: String::new(),
        asked: times.0,
        answered: times.1,
        result: result.map(str::to_owned),
    }
}

fn verdict(history: &[Done]) -> Verdict {
    judge(&history.iter().collect::<Vec<_>>(), STEPS)
}

#[test]
fn a_value_that_was_overwritten_is_not_read_again() {
    let mut history = vec![
        done(0, Meaning::Write, "1", (0, Some(5)), None),
        done(1, Meaning::Write, "2", (6, Some(9)), None),
        done(0, Meaning::Read, "", (10, Some(12)), Some("1")),
    ];
    assert_eq!(verdict(&history), Verdict::Not);
    history[2].result = Some("2".to_owned());
    assert_eq!(verdict(&history), Verdict::Linearizable);
    // While both are written, either may come first.
    history[1].asked = 3;
    history[2].result = Some("1".to_owned());
    assert_eq!(verdict(&history), Verdict::Linearizable);
}

#[test]
fn what_was_not_answered_may_have_happened_or_not() {
    for (read, verdict_of) in [
        (None, Verdict::Linearizable),
        (Some("1"), Verdict::Linearizable),
        (Some("2"), Verdict::Not),
    ] {
        let history = [
            done(0, Meaning::Write, "1", (0, None), None),
            done(1, Meaning::Read, "", (50, Some(60)), read),
        ];
        assert_eq!(verdict(&history), verdict_of, "{read:?}");
    }
    // It cannot have happened before it was asked, and once it was seen it stays.
    let early = [
        done(1, Meaning::Read, "", (0, Some(10)), Some("1")),
        done(0, Meaning::Write, "1", (20, None), None),
    ];
    assert_eq!(verdict(&early), Verdict::Not);
    let gone = [
        done(0, Meaning::Write, "1", (0, None), None),
        done(1, Meaning::Read, "", (50, Some(60)), Some("1")),
        done(1, Meaning::Read, "", (70, Some(80)), None),
    ];
    assert_eq!(verdict(&gone), Verdict::Not);
}

#[test]
fn swaps_sums_and_appends_have_their_meaning() {
    let mut swap = done(0, Meaning::Cas, "2", (10, Some(12)), Some("true"));
    swap.old = "1".to_owned();
    let write = done(0, Meaning::Write, "1", (0, Some(5)), None);
    let read = |value| done(1, Meaning::Read, "", (20, Some(25)), Some(value));
    assert_eq!(
        verdict(&[write.clone(), swap.clone(), read("2")]),
        Verdict::Linearizable
    );
    assert_eq!(
        verdict(&[write.clone(), swap.clone(), read("1")]),
        Verdict::Not
    );
    swap.result = Some("false".to_owned());
    assert_eq!(
        verdict(&[write, swap]),
        Verdict::Not,
        "the old value was there"
    );
    let add = |at, sum| done(0, Meaning::Add, "3", (at, Some(at + 1)), Some(sum));
    assert_eq!(verdict(&[add(0, "3"), add(5, "6")]), Verdict::Linearizable);
    assert_eq!(
        verdict(&[add(0, "3"), add(5, "9")]),
        Verdict::Not,
        "it was added twice"
    );
    let append = |value, at| done(0, Meaning::Append, value, (at, Some(at + 1)), None);
    assert_eq!(
        verdict(&[append("1,", 0), append("2,", 5), read("1,2,")]),
        Verdict::Linearizable
    );
    assert_eq!(
        verdict(&[append("1,", 0), append("2,", 5), read("2,")]),
        Verdict::Not
    );
}

#[test]
fn a_search_without_steps_is_undecided() {
    let history = [
        done(0, Meaning::Write, "1", (0, Some(5)), None),
        done(0, Meaning::Read, "", (6, Some(7)), Some("1")),
    ];
    assert_eq!(
        judge(&history.iter().collect::<Vec<_>>(), 1),
        Verdict::Undecided
    );
}

#[test]
fn a_picture_ends_with_what_nothing_explains_and_leaves_out_other_reads() {
    let history = [
        done(0, Meaning::Write, "1", (0, Some(5)), None),
        done(1, Meaning::Read, "", (6, Some(8)), Some("1")),
        done(1, Meaning::Write, "2", (9, Some(12)), None),
        done(0, Meaning::Read, "", (13, Some(15)), Some("1")),
        done(0, Meaning::Read, "", (16, Some(18)), Some("2")),
    ];
    let all: Vec<&Done> = history.iter().collect();
    assert_eq!(judge(&all, STEPS), Verdict::Not);
    let small = reduce(&all, STEPS);
    assert_eq!(small, [&history[0], &history[2], &history[3]]);
    let drawn = picture(&small);
    assert_eq!(
        drawn.lines().filter(|line| line.contains('|')).count(),
        3,
        "{drawn}"
    );
    assert!(drawn.contains("client 1 was told: 1 (read k1)"), "{drawn}");
}

#[test]
fn lost_and_doubled_commands_are_counted() {
    let append = |value, at, answered| done(0, Meaning::Append, value, (at, answered), None);
    let read = |value| done(1, Meaning::Read, "", (50, Some(60)), Some(value));
    let count = |history: &[Done]| lost(&history.iter().collect::<Vec<_>>()).0;
    let two = [append("1,", 0, Some(2)), append("12,", 3, Some(4))];
    let with = |value| [&two[..], &[read(value)]].concat();
    assert_eq!(count(&with("1,12,")), 0);
    assert_eq!(count(&with("12,")), 1);
    assert_eq!(count(&with("1,12,12,")), 1);
    assert_eq!(count(&with("")), 2);
    assert_eq!(
        count(&[append("1,", 0, None), read("")]),
        0,
        "nobody was told that it is there"
    );
    let add = |at, answered| done(0, Meaning::Add, "2", (at, answered), None);
    for (sum, lost) in [("2", 2), ("4", 0), ("6", 0), ("8", 1)] {
        assert_eq!(
            count(&[add(0, Some(1)), add(2, Some(3)), add(4, None), read(sum)]),
            lost,
            "{sum}"
        );
    }
}

/// A register as stateright has it.
#[derive(Clone, PartialEq, Debug, Default)]
struct Register(String);

impl SequentialSpec for Register {
    type Op = Option<String>;
    type Ret = Option<String>;

    fn invoke(&mut self, op: &Option<String>) -> Option<String> {
        match op {
            Some(value) => {
                self.0.clone_from(value);
                None
            }
            None => Some(self.0.clone()),
        }
    }
}

#[test]
fn stateright_decides_the_same() {
    let mut state = 1_u64;
    let mut below = |bound: u64| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % bound
    };
    let mut verdicts = [0; 2];
    for _ in 0..400 {
        let mut tester = LinearizabilityTester::new(Register::default());
        let mut history: Vec<Done> = Vec::new();
        let mut open: [Option<usize>; 3] = [None; 3];
        for time in 0..16 {
            let client = below(3) as usize;
            match open[client].take() {
                None => {
                    let is_write = below(2) == 0;
                    let value = if is_write {
                        time.to_string()
                    } else {
                        String::new()
                    };
                    let kind = if is_write {
                        Meaning::Write
                    } else {
                        Meaning::Read
                    };
                    tester
                        .on_invoke(client, is_write.then(|| value.clone()))
                        .expect("a client asks one thing at a time");
                    open[client] = Some(history.len());
                    history.push(done(client as u32, kind, &value, (time, None), None));
                }
                Some(place) => {
                    let writes: Vec<&Done> = history
                        .iter()
                        .filter(|done| done.kind == Meaning::Write)
                        .collect();
                    let read = match below(writes.len() as u64 + 1) as usize {
                        0 => String::new(),
                        place => writes[place - 1].value.clone(),
                    };
                    let result = (history[place].kind == Meaning::Read).then_some(read);
                    tester
                        .on_return(client, result.clone())
                        .expect("it was asked");
                    history[place].answered = Some(time);
                    history[place].result = result;
                }
            }
        }
        let expected = tester.is_consistent();
        verdicts[usize::from(expected)] += 1;
        let found = verdict(&history);
        assert_eq!(
            found == Verdict::Linearizable,
            expected,
            "{}",
            picture(&history.iter().collect::<Vec<_>>())
        );
    }
    assert!(verdicts.iter().all(|number| *number > 40), "{verdicts:?}");
}
