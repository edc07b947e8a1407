//! The modes, as types: what a process of each is made of.

/// How a process is hardened: chosen by type, so that no flag in memory can be flipped.
pub trait Mode: sealed::Mode {
    /// The name on the command line.
    const NAME: &'static str;
}

/// One lane, no checks: the baseline that every cost is measured against.
#[derive(Debug)]
pub enum Plain {}

/// Two lanes that alternate by basic block: the default.
#[derive(Debug)]
pub enum Lockstep {}

/// Two lanes, one after the other, each for the whole handler: the order of the PASC paper.
#[derive(Debug)]
pub enum Sequential {}

impl Mode for Plain {
    const NAME: &'static str = "plain";
}

impl Mode for Lockstep {
    const NAME: &'static str = "lockstep";
}

impl Mode for Sequential {
    const NAME: &'static str = "sequential";
}

/// A mode with the portable dispatcher, whatever the build's own is: for tests that compare the two.
#[doc(hidden)]
#[derive(Debug)]
pub struct Portable<M>(std::marker::PhantomData<M>);

impl<M: Mode> Mode for Portable<M> {
    const NAME: &'static str = M::NAME;
}

mod sealed {
    use super::machines;
    use crate::harden::Body;

    /// What a mode is made of.
    pub trait Mode {
        /// Its lanes and state copies.
        #[expect(private_bounds, reason = "hosts choose among modes and cannot add one")]
        type Body: Body;
        /// The same with the portable dispatcher.
        #[expect(private_bounds, reason = "hosts choose among modes and cannot add one")]
        type PortableBody: Body;
    }

    impl<M: Mode> Mode for super::Portable<M> {
        type Body = M::PortableBody;
        type PortableBody = M::PortableBody;
    }

    impl Mode for super::Plain {
        type Body = machines::Plain;
        type PortableBody = machines::PortablePlain;
    }

    impl Mode for super::Lockstep {
        type Body = machines::Lockstep;
        type PortableBody = machines::PortableLockstep;
    }

    impl Mode for super::Sequential {
        type Body = machines::Sequential;
        type PortableBody = machines::PortableSequential;
    }
}

/// The machine of each mode as a type without parameters: the compiler makes its code here, once,
/// with the settings of this crate, and not again in each crate that names the mode.
mod machines {
    use crate::error::Stop;
    use crate::exec::Fastest;
    use crate::exec::dispatch::Portable;
    use crate::harden::doubled::DoubledBody;
    use crate::harden::grain::{ByBlock, ByHandler};
    use crate::harden::plain::PlainBody;
    use crate::harden::{Body, Emission, Outcome};
    use crate::lane::{Input, Lane, LaneParts};
    use crate::program::HandlerId;
    use crate::record::RecoveryError;
    use crate::state::StateCopy;
    use crate::value::Value;

    macro_rules! machines {
        ($($name:ident($body:ty);)+) => {$(
            #[derive(Debug)]
            pub struct $name(pub $body);

            impl Body for $name {
                fn new(parts: &LaneParts) -> Result<Self, Stop> {
                    <$body>::new(parts).map($name)
                }

                fn initialise(&mut self) -> Result<(), Stop> {
                    self.0.initialise()
                }

                fn handle(&mut self, input: &Input, out: &mut Emission) -> Result<Outcome, Stop> {
                    self.0.handle(input, out)
                }

                fn probe(&mut self, handler: HandlerId, out: &mut Vec<u8>) -> Result<Option<u64>, Stop> {
                    self.0.probe(handler, out)
                }

                fn abandon(&mut self) {
                    self.0.abandon();
                }

                fn state(&mut self) -> Result<Value, Stop> {
                    self.0.state()
                }

                fn snapshot(&self, out: &mut Vec<u8>) -> Result<(), Stop> {
                    self.0.snapshot(out)
                }

                fn restore(&mut self, snapshot: &[u8]) -> Result<(), RecoveryError> {
                    self.0.restore(snapshot)
                }

                fn replay(&mut self, record: &[u8]) -> Result<(), RecoveryError> {
                    self.0.replay(record)
                }

                fn epoch(&self) -> u64 {
                    self.0.epoch()
                }

                fn first(&mut self) -> (&mut Lane, &StateCopy) {
                    self.0.first()
                }

                fn parts_mut(&mut self) -> (&mut [Lane], &mut [StateCopy]) {
                    self.0.parts_mut()
                }
            }

            #[cfg(pasc_probe)]
            impl crate::probe::Probed for $name {
                fn parts(&mut self) -> (&mut [Lane], &mut [StateCopy]) {
                    self.0.parts()
                }

                fn looked_at(&self) -> (&[Lane], &[StateCopy]) {
                    self.0.looked_at()
                }

                fn phases() -> &'static [&'static str] {
                    <$body>::PHASES
                }
            }
        )+};
    }
    machines! {
        Plain(PlainBody<Fastest>);
        Lockstep(DoubledBody<ByBlock<Fastest>>);
        Sequential(DoubledBody<ByHandler<Fastest>>);
        PortablePlain(PlainBody<Portable>);
        PortableLockstep(DoubledBody<ByBlock<Portable>>);
        PortableSequential(DoubledBody<ByHandler<Portable>>);
    }
}
