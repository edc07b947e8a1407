//! One process and what its host keeps for it: timers, disk, lives.

use crate::cluster::{Cluster, KindOf, Member};
use crate::config::Durability;
use crate::disk::Disk;
use crate::machine::{End, Fast, Slow, of_copies};
use crate::strike::{Came, Pair, Struck, frames, go_on, is_intact, quietly};
use crate::timers::Timers;
use pasc_vm::process::{Input, Options};
use pasc_vm::recovery::Released;
use pasc_vm::verify::Verified;
use pasc_vm_probed as probed;
use pasc_vm_probed::probe::Judged;

/// After so many messages nothing of a fault can be left but words of the state.
const SLOW_MESSAGES: u32 = 8;

/// The word of the state that says whether the process has begun to work.
const STARTED: usize = 13;

/// The word of the state that counts outputs.
const SENT: usize = 7;

/// The word of the state that says where the memory in use ends.
const TOP: usize = 4;

/// What runs.
enum Body {
    /// Nothing: the process is down.
    Down,
    /// The machine that ships.
    Fast(Box<Fast>),
    /// The machine of the campaigns, for so many messages more.
    Slow(u32),
}

/// What a message gave.
#[derive(Default)]
pub(crate) struct Given {
    /// Frames and orders about timers.
    pub(crate) outputs: Vec<u8>,
    /// The redo record.
    pub(crate) record: Vec<u8>,
}

/// A process with its host.
pub(crate) struct Host<'c> {
    kind: &'c KindOf,
    program: Verified<'c>,
    options: Options,
    body: Body,
    /// Machines for faults; they are made when the first one happens.
    pair: Option<Pair>,
    /// The words that a copy may have in them.
    pair_words: u64,
    /// Its timers.
    pub(crate) timers: Timers,
    /// Its disk.
    pub(crate) disk: Disk,
    /// How often it went down.
    pub(crate) life: u32,
    /// When each life but this one ended.
    pub(crate) ended: Vec<u64>,
    /// A fault that happens at the next message.
    pub(crate) hit: Option<u64>,
    /// Messages and firings handled.
    pub(crate) handled: u64,
    /// Whether its state was changed behind its back.
    pub(crate) spoilt: bool,
    /// Whether a fault may have left anything in it: what it does may panic.
    wary: bool,
    /// Whether it begins without memory when it starts again.
    anew: bool,
    ordinal: u64,
    /// Commits and outputs so far, while it is slow.
    epoch: u64,
    sent: u64,
}

impl<'c> Host<'c> {
    /// A process that is down and has never been up. Machines for faults may be handed on from an
    /// earlier run.
    pub(crate) fn new(
        cluster: &'c Cluster,
        member: &'c Member,
        program: Verified<'c>,
        seed: u64,
        pair: Option<Pair>,
    ) -> Host<'c> {
        let mut options = member.options.clone();
        options.hash_key = [crate::random::mix(seed ^ 1), crate::random::mix(seed ^ 2)];
        options.random_seed = crate::random::mix(seed ^ 3);
        let pair_words = match &pair {
            Some(_) => LEAST_WORDS,
            None => 0,
        };
        Host {
            kind: &cluster.kinds[member.kind],
            program,
            options: options.sealed(),
            body: Body::Down,
            pair,
            pair_words,
            timers: Timers::default(),
            disk: Disk::default(),
            life: 0,
            ended: Vec::new(),
            hit: None,
            handled: 0,
            spoilt: false,
            wary: false,
            anew: false,
            ordinal: 0,
            epoch: 0,
            sent: 0,
        }
    }

    /// Whether it runs.
    #[inline]
    pub(crate) fn is_up(&self) -> bool {
        !matches!(self.body, Body::Down)
    }

    /// Its machines for faults, for the next run, unless they were made for great states.
    pub(crate) fn into_pair(self) -> Option<Pair> {
        let mut pair = self.pair;
        if let Some(pair) = &mut pair {
            pair.reset();
        }
        pair.filter(|_| self.pair_words <= LEAST_WORDS && self.options.incarnation == 0)
    }

    /// Starts the process without memory. The error is a sentence.
    pub(crate) fn begin(&mut self) -> Result<(), String> {
        let started = Fast::start(self.kind.mode, self.program, &self.options);
        let mut fast = started.map_err(|error| error.to_string())?;
        if self.kind.durability != Durability::None {
            self.disk
                .begin(fast.snapshot().ok_or("no snapshot of a new state")?);
        }
        self.body = Body::Fast(Box::new(fast));
        self.ordinal = 0;
        Ok(())
    }

    /// Starts it again with what its disk has. The error is a sentence.
    pub(crate) fn restart(&mut self) -> Result<(), String> {
        (self.spoilt, self.wary) = (false, false);
        if std::mem::take(&mut self.anew) || self.kind.durability == Durability::None {
            self.options.incarnation += 1;
            self.options = self.options.clone().sealed();
            self.pair = None;
            self.pair_words = 0;
            return self.begin();
        }
        let (snapshot, records) = (self.disk.snapshot(), self.disk.records());
        let fast = Fast::recover(
            self.kind.mode,
            self.program,
            &self.options,
            snapshot,
            records,
            Released::Lost,
        );
        let mut fast = fast.map_err(|error| error.to_string())?;
        self.ordinal = fast.last_input().0;
        self.body = Body::Fast(Box::new(fast));
        Ok(())
    }

    /// Whether the program has something to do before all else and has not done it.
    pub(crate) fn must_start(&mut self) -> bool {
        match &mut self.body {
            Body::Fast(fast) if self.kind.starts => fast.copies()[0].get(STARTED) == Some(&0),
            _ => false,
        }
    }

    /// The orders of all timers that are set.
    pub(crate) fn armed_timers(&mut self) -> Vec<Vec<u8>> {
        match &mut self.body {
            Body::Fast(fast) => fast.armed_timers(),
            _ => Vec::new(),
        }
    }

    /// It stopped by itself: what it kept may make it stop again.
    pub(crate) fn stopped(&mut self) {
        self.anew = self.kind.anew;
    }

    /// It goes down.
    pub(crate) fn end(&mut self, now: u64) {
        self.body = Body::Down;
        self.life += 1;
        self.ended.push(now);
        self.timers.clear();
    }

    /// Whether what left in an earlier life left before that ended.
    #[inline]
    pub(crate) fn left_in(&self, life: u32, left: u64) -> bool {
        life == self.life
            || self
                .ended
                .get(life as usize)
                .is_some_and(|ended| left <= *ended)
    }

    /// The ordinal of the next input.
    pub(crate) fn next_ordinal(&self) -> u64 {
        self.ordinal + 1
    }

    /// The words that the state uses.
    pub(crate) fn words(&mut self) -> u64 {
        match &mut self.body {
            Body::Fast(fast) => fast.copies()[0].get(TOP).copied().unwrap_or(0),
            _ => 0,
        }
    }

    /// Handles a frame or firing.
    #[inline]
    pub(crate) fn handle(
        &mut self,
        frame: &[u8],
        local: u64,
        given: &mut Given,
    ) -> (End, Option<Struck>) {
        given.outputs.clear();
        given.record.clear();
        self.ordinal += 1;
        self.handled += 1;
        let input = Input::new(self.ordinal, local, frame);
        if let Some(seed) = self.hit.take() {
            return self.strike(&input, seed, given);
        }
        match &mut self.body {
            Body::Fast(fast) if self.wary => {
                let end = quietly(|| fast.handle(&input, &mut given.outputs, &mut given.record));
                (end.unwrap_or_else(crashed), None)
            }
            Body::Fast(fast) => (
                fast.handle(&input, &mut given.outputs, &mut given.record),
                None,
            ),
            Body::Slow(_) => (self.slowly(&input, given), None),
            Body::Down => (End::Stopped("it is down".to_owned()), None),
        }
    }

    /// A message after one with a fault.
    fn slowly(&mut self, input: &Input, given: &mut Given) -> End {
        let Some(pair) = &mut self.pair else {
            return End::Stopped("it is down".to_owned());
        };
        let judged = go_on(&mut pair.subject, input);
        let end = self.take(judged, given);
        if let Body::Slow(left) = &mut self.body {
            *left = left.saturating_sub(1);
            if *left == 0 {
                self.quicken();
            }
        }
        end
    }

    /// Goes back to the fast machine, which gets the state's words.
    fn quicken(&mut self) {
        let Some(pair) = &self.pair else { return };
        let copies = pair.subject.copies();
        match of_copies(self.kind.mode, self.program, &self.options, &copies) {
            Some(fast) => self.body = Body::Fast(Box::new(fast)),
            None => self.body = Body::Slow(SLOW_MESSAGES),
        }
    }

    /// What a slow message gave. A host does not release outputs whose record is damaged or missing. If the
    /// outputs are, it has lost some, orders about timers perhaps, and starts the process again.
    fn take(&mut self, judged: Option<Judged>, given: &mut Given) -> End {
        match judged {
            Some(Judged::Done { outputs, record }) => {
                if self.kind.durability != Durability::None {
                    let before = record.get(8..16).and_then(|bytes| bytes.try_into().ok());
                    if !is_intact(&record) || before.map(u64::from_le_bytes) != Some(self.epoch) {
                        return End::Stopped("its redo record is damaged".to_owned());
                    }
                    given.record.extend(record);
                }
                self.epoch += 1;
                let sent = self.sent;
                self.count_sent();
                let left = frames(&outputs).filter(|bytes| is_intact(bytes)).count();
                if left as u64 != self.sent.wrapping_sub(sent) {
                    return End::Stopped("its outputs are damaged".to_owned());
                }
                given.outputs.extend(outputs);
                End::Done
            }
            Some(Judged::Unhandled) => End::Unhandled,
            Some(Judged::Refused(refusal)) => End::Refused(refusal.code().to_string()),
            Some(Judged::Error(code)) => End::Error(code),
            Some(Judged::Trap(trap)) => End::Stopped(trap.to_string()),
            None => crashed(),
        }
    }

    /// Notes how many outputs the slow machine counted.
    fn count_sent(&mut self) {
        if let Some(pair) = &self.pair {
            self.sent = sent_by(&pair.subject.copies());
        }
    }

    /// A message with a fault.
    fn strike(&mut self, input: &Input, seed: u64, given: &mut Given) -> (End, Option<Struck>) {
        let copies = match (&mut self.body, &self.pair) {
            (Body::Fast(fast), _) => {
                self.epoch = fast.epoch();
                fast.copies()
            }
            (Body::Slow(_), Some(pair)) => pair.subject.copies(),
            _ => return (End::Stopped("it is down".to_owned()), None),
        };
        if !self.make_pair(copies.first().map_or(0, Vec::len) as u64) {
            return (End::Stopped("no machine for faults".to_owned()), None);
        }
        let Some(pair) = &mut self.pair else {
            return (End::Stopped("no machine for faults".to_owned()), None);
        };
        self.sent = sent_by(&copies);
        let mut struck = pair.strike(&copies, input, seed);
        if struck.came == Came::Masked
            && let Body::Fast(fast) = &mut self.body
        {
            let end = quietly(|| fast.handle(input, &mut given.outputs, &mut given.record));
            return (end.unwrap_or_else(crashed), Some(struck));
        }
        self.wary = true;
        self.body = Body::Slow(SLOW_MESSAGES);
        if struck.came == Came::Crashed {
            // A panic may have left anything behind.
            self.pair = None;
            self.pair_words = 0;
        }
        let end = self.take(struck.judged.take(), given);
        (end, Some(struck))
    }

    /// Makes machines for states of so many words, if those at hand are for smaller ones.
    fn make_pair(&mut self, words: u64) -> bool {
        if self.pair.is_some() && 2 * words <= self.pair_words {
            return true;
        }
        let room = (4 * words).max(LEAST_WORDS);
        let old = match self.body {
            Body::Slow(_) => self.pair.take().map(|pair| pair.subject.copies()),
            _ => None,
        };
        let options = probed_options(&self.options, room);
        let start = || Slow::start(self.kind.mode, &self.kind.probed, options.as_ref()?);
        let (Some(mut subject), Some(golden), Some(pristine)) = (start(), start(), start()) else {
            return false;
        };
        if let Some(copies) = old {
            subject.load(&copies);
        }
        self.pair = Some(Pair {
            pristine,
            subject,
            golden,
        });
        self.pair_words = room;
        true
    }

    /// Flips a bit of a word that the state uses, in every copy. Which.
    pub(crate) fn corrupt(&mut self, random: &mut crate::random::Random) -> Option<(usize, u32)> {
        let words = match (&mut self.body, &self.pair) {
            (Body::Fast(fast), _) => fast.copies(),
            (Body::Slow(_), Some(pair)) => pair.subject.copies(),
            _ => return None,
        };
        // Words that hold something: the variables and the memory in use.
        let first = words.first()?;
        let root = pasc_vm::state::ROOT as usize;
        let used: Vec<usize> = (root..first.len())
            .filter(|word| first[*word] != 0)
            .collect();
        let (word, bit) = (*random.pick(&used)?, random.below(64) as u32);
        match (&mut self.body, &mut self.pair) {
            (Body::Fast(fast), _) => fast.corrupt(word, bit),
            (_, Some(pair)) => pair.subject.corrupt(word, bit),
            _ => {}
        }
        (self.spoilt, self.wary) = (true, true);
        Some((word, bit))
    }

    /// Keeps a snapshot if it is time. False if its copies differ: the process must stop.
    #[inline]
    pub(crate) fn snapshot(&mut self, now: u64) -> bool {
        if self.disk.length() < self.kind.snapshot_every as usize {
            return true;
        }
        let snapshot = match (&mut self.body, &mut self.pair) {
            (Body::Fast(fast), _) => fast.snapshot(),
            (Body::Slow(_), Some(pair)) => pair.subject.snapshot(),
            _ => return true,
        };
        match snapshot {
            Some(snapshot) => {
                self.disk.keep(snapshot, now);
                true
            }
            None => false,
        }
    }

    /// The name of the first invariant that does not hold; an error if the process stopped over it.
    pub(crate) fn violated(&mut self) -> Result<Option<&'c str>, String> {
        let Body::Fast(fast) = &mut self.body else {
            return Ok(None);
        };
        for (handler, name) in &self.kind.invariants {
            let holds = quietly(|| fast.holds(*handler));
            if !holds.unwrap_or_else(|| Err("it crashed".to_owned()))? {
                return Ok(Some(name));
            }
        }
        Ok(None)
    }

    /// The state, if it runs and can be read.
    pub(crate) fn state(&mut self) -> Option<pasc_vm::Value> {
        match &mut self.body {
            Body::Fast(fast) => quietly(|| fast.state()).flatten(),
            _ => None,
        }
    }
}

/// How many outputs a state has counted.
fn sent_by(copies: &[Vec<u64>]) -> u64 {
    let count = copies.first().and_then(|copy| copy.get(SENT));
    count.copied().unwrap_or(0)
}

fn crashed() -> End {
    End::Stopped("it crashed or hung".to_owned())
}

/// Words of state that machines for faults allow at least.
const LEAST_WORDS: u64 = 1 << 16;

/// Options as the machine of the campaigns takes them, with limits that a fault cannot stretch.
fn probed_options(options: &Options, state_words: u64) -> Option<probed::process::Options> {
    let mut own = probed::process::Options::new(&options.own_address);
    for (name, value) in &options.params {
        let bytes = postcard::to_stdvec(value).ok()?;
        own.params
            .push((name.clone(), postcard::from_bytes(&bytes).ok()?));
    }
    own.incarnation = options.incarnation;
    own.hash_key = options.hash_key;
    own.random_seed = options.random_seed;
    for (name, _, _, _) in probed::limits::Limits::TABLE {
        own.limits.set(name, options.limits.get(name)?).ok()?;
    }
    own.limits.state_words = own.limits.state_words.min(state_words);
    own.limits.temporary_words = own.limits.temporary_words.min(MOST_TEMPORARY_WORDS);
    Some(own)
}

/// Words of temporary memory that a message with a fault may take.
const MOST_TEMPORARY_WORDS: u64 = 1 << 20;
