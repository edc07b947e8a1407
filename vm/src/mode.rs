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
    use crate::exec::Fastest;
    use crate::exec::dispatch::Portable;
    use crate::harden::Body;
    use crate::harden::doubled::DoubledBody;
    use crate::harden::grain::{ByBlock, ByHandler};
    use crate::harden::plain::PlainBody;

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
        type Body = PlainBody<Fastest>;
        type PortableBody = PlainBody<Portable>;
    }

    impl Mode for super::Lockstep {
        type Body = DoubledBody<ByBlock<Fastest>>;
        type PortableBody = DoubledBody<ByBlock<Portable>>;
    }

    impl Mode for super::Sequential {
        type Body = DoubledBody<ByHandler<Fastest>>;
        type PortableBody = DoubledBody<ByHandler<Portable>>;
    }
}
