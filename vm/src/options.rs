//! [`Options`]: what a host says when it starts a process, with a digest over it.
//!
//! The host seals the options where they are complete; each lane checks the digest of its own copy. Before
//! that there is one copy for both lanes, and a bit that flips in it is the same wrong bit in both.

use crate::crc::crc32;
use crate::limits::Limits;
use crate::value::Value;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

/// What a host says when it starts a process.
#[derive(Clone, Debug)]
pub struct Options {
    /// The process's own address, 1 to 63 bytes.
    pub own_address: String,
    /// How often the process started without its memory.
    pub incarnation: u64,
    /// Parameters by name; those that are missing take their defaults.
    pub params: Vec<(String, Value)>,
    /// The limits.
    pub limits: Limits,
    /// The key of the hashes; from a random source where senders are not trusted.
    pub hash_key: [u64; 2],
    /// The seed of the numbers that `random` draws.
    pub random_seed: u64,
    /// Whether every commit gives a redo record.
    pub records: bool,
    /// A counter for a watchdog outside: odd while an input is handled, even in between. One that
    /// stays odd for longer than any message may take is a hang; the process is to be ended then.
    pub heartbeat: Option<Arc<AtomicU64>>,
    /// CRC-32 over all of the above but the heartbeat, from [`Options::sealed`]. Without one the process makes
    /// it when it is made, and nothing vouches for the way up to there.
    pub digest: Option<u32>,
}

impl Options {
    /// Options for a process with this address, everything else by default. Not sealed yet.
    pub fn new(own_address: &str) -> Options {
        Options {
            own_address: own_address.to_owned(),
            incarnation: 0,
            params: Vec::new(),
            limits: Limits::default(),
            hash_key: [0x243f_6a88_85a3_08d3, 0x1319_8a2e_0370_7344],
            random_seed: 0,
            records: false,
            heartbeat: None,
            digest: None,
        }
    }

    /// The same with a digest. To be called where the options are complete, and again after every change: a
    /// process is not made from options that changed since.
    #[must_use]
    pub fn sealed(mut self) -> Options {
        self.digest = self.calculated();
        self
    }

    /// Whether nothing changed since the options were sealed.
    pub(crate) fn is_as_sealed(&self) -> bool {
        let digest = self.calculated();
        digest.is_some() && digest == self.digest
    }

    /// The digest of what there is. The form of the bytes tells where each part ends.
    fn calculated(&self) -> Option<u32> {
        let Options {
            own_address,
            incarnation,
            params,
            limits,
            hash_key,
            random_seed,
            records,
            heartbeat: _,
            digest: _,
        } = self;
        let all = (
            own_address,
            incarnation,
            params,
            limits,
            hash_key,
            random_seed,
            records,
        );
        postcard::to_stdvec(&all).ok().map(|bytes| crc32(&bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::{Failure, Lockstep, Mode, Plain, Process, Sequential, StartError};
    use crate::program::{Debug, Param, Program};
    use crate::recovery::{RecoverError, Recovery, Released};
    use crate::trap::Trap;
    use crate::types::{Field, Type, TypeTable};

    /// A program with a parameter and a variable, and nothing to do.
    fn program() -> Program {
        let mut types = TypeTable::default();
        let int = types.intern(Type::Int).expect("a word");
        let mut record = |name: &str, field: &str| {
            let fields = vec![Field {
                name: field.to_owned(),
                ty: int,
            }];
            let name = name.to_owned();
            types
                .intern(Type::Record { name, fields })
                .expect("a record")
        };
        let params_record = record("Params", "weight");
        let state_record = record("State", "sum");
        Program {
            name: "p".to_owned(),
            types,
            params_record,
            params: vec![Param {
                name: "weight".to_owned(),
                ty: int,
                default: None,
            }],
            state_record,
            messages: Vec::new(),
            timers: Vec::new(),
            handlers: Vec::new(),
            functions: Vec::new(),
            constants: Vec::new(),
            code: Vec::new(),
            debug: Debug::default(),
        }
    }

    fn options() -> Options {
        Options {
            params: vec![("weight".to_owned(), Value::Int(3))],
            ..Options::new("self")
        }
    }

    type Change = fn(&mut Options);

    /// A change of each part that the digest is over; none makes options that are wrong by themselves.
    const CHANGES: [(&str, Change); 15] = [
        ("own_address", |o| o.own_address = "sely".to_owned()),
        ("its length", |o| o.own_address = "sel".to_owned()),
        ("incarnation", |o| o.incarnation ^= 1 << 63),
        ("a parameter", |o| o.params[0].1 = Value::Int(3 ^ 1 << 40)),
        ("parameters", |o| o.params.push(o.params[0].clone())),
        ("instructions", |o| o.limits.instructions ^= 1),
        ("call_depth", |o| o.limits.call_depth ^= 1),
        ("message_bytes", |o| o.limits.message_bytes ^= 1),
        ("outputs", |o| o.limits.outputs ^= 1),
        ("temporary_words", |o| o.limits.temporary_words ^= 1 << 20),
        ("state_words", |o| o.limits.state_words ^= 1 << 20),
        ("hash_key", |o| o.hash_key[0] ^= 1),
        ("the other half", |o| o.hash_key[1] ^= 1 << 63),
        ("random_seed", |o| o.random_seed ^= 1 << 17),
        ("records", |o| o.records = !o.records),
    ];

    fn start<M: Mode>(options: &Options) -> Result<Process<M>, StartError> {
        Process::start(&program(), options)
    }

    fn recover<M: Mode>(options: &Options, snapshot: &[u8]) -> Result<Process<M>, RecoverError> {
        Recovery::new(&program(), options, snapshot)?.finish(Released::UpTo(1))
    }

    fn snapshot<M: Mode>(options: &Options) -> Vec<u8> {
        let mut process = start::<M>(options).expect("it starts");
        process.snapshot().expect("its copies are equal")
    }

    fn what_changed_since_is_refused<M: Mode>() {
        let snapshot = snapshot::<M>(&options().sealed());
        assert!(recover::<M>(&options().sealed(), &snapshot).is_ok());
        let trap = || StartError::Init(Failure::Trap(Trap::Constant));
        for (part, change) in CHANGES {
            let mut changed = options().sealed();
            change(&mut changed);
            assert_eq!(start::<M>(&changed).err(), Some(trap()), "{part}");
            let refused = recover::<M>(&changed, &snapshot).err();
            assert_eq!(refused, Some(RecoverError::Start(trap())), "{part}");
            assert!(start::<M>(&changed.sealed()).is_ok(), "{part}");
        }
        for bit in 0..32 {
            let mut changed = options().sealed();
            changed.digest = changed.digest.map(|digest| digest ^ 1 << bit);
            assert_eq!(start::<M>(&changed).err(), Some(trap()), "bit {bit}");
            let refused = recover::<M>(&changed, &snapshot).err();
            assert_eq!(refused, Some(RecoverError::Start(trap())), "bit {bit}");
        }
    }

    #[test]
    fn what_changed_since_it_was_sealed_is_refused_in_every_mode() {
        what_changed_since_is_refused::<Plain>();
        what_changed_since_is_refused::<Lockstep>();
        what_changed_since_is_refused::<Sequential>();
    }

    #[test]
    fn every_limit_is_sealed() {
        let sealed = options().sealed();
        for (name, default, ..) in Limits::TABLE {
            let mut changed = sealed.clone();
            changed.limits.set(name, default - 1).expect("a limit");
            assert!(sealed.is_as_sealed() && !changed.is_as_sealed(), "{name}");
        }
    }

    #[test]
    fn bytes_that_go_from_one_part_to_the_next_change_the_digest() {
        let of = |address: &str, name: &str, value: &str| Options {
            params: vec![(name.to_owned(), Value::Text(value.to_owned()))],
            ..Options::new(address)
        };
        let digests = [
            of("ab", "c", "d").sealed().digest,
            of("a", "bc", "d").sealed().digest,
            of("ab", "cd", "").sealed().digest,
        ];
        assert!(digests.iter().all(Option::is_some));
        assert!(digests[0] != digests[1] && digests[0] != digests[2] && digests[1] != digests[2]);
    }

    #[test]
    fn the_heartbeat_is_not_sealed() {
        let mut options = options().sealed();
        options.heartbeat = Some(Arc::default());
        assert!(start::<Lockstep>(&options).is_ok());
    }

    #[test]
    fn options_that_no_host_sealed_are_taken_as_they_are() {
        let mut process = start::<Lockstep>(&options()).expect("it starts");
        let snapshot = process.snapshot().expect("its copies are equal");
        assert!(recover::<Lockstep>(&options(), &snapshot).is_ok());
    }

    /// Key and seed are of the state: a recovery has them from the snapshot, each copy its own.
    #[test]
    fn a_snapshot_goes_on_under_other_options_with_its_own_key_and_seed() {
        let words = |mut process: Process<Lockstep>| {
            let copies = process.copies();
            copies.into_iter().map(<[u64]>::to_vec).collect::<Vec<_>>()
        };
        let before = start::<Lockstep>(&options().sealed()).expect("it starts");
        let snapshot = snapshot::<Lockstep>(&options().sealed());
        let mut other = options();
        other.params[0].1 = Value::Int(4);
        other.hash_key = [1, 2];
        other.random_seed = 3;
        let other = other.sealed();
        let after = recover::<Lockstep>(&other, &snapshot).expect("it goes on");
        assert_eq!(words(after), words(before));
    }
}
