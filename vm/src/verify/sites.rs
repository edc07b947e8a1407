//! What the handler builds in new memory: the blocks of `New` instructions.
//!
//! In: stores. Out: for each word of each `New` the kind that it has at any time. A block's type is
//! not in its instruction, so it is found by what is stored: a word that nothing was stored to is
//! 0, which is a value of every type. Kinds of words only ever rise, whatever the order of stores,
//! and the flow analysis goes over the code again until none rises; so they hold at any time.
//! Blocks that the same register may refer to are one.

use super::kind::{Kind, Lies, Roots, join_plain, leaf, starts};
use crate::types::{MAX_WIDTH_WORDS, TypeId, TypeTable};
use std::collections::BTreeMap;

/// How many words all `New` instructions of a region may ask for.
pub(super) const MAX_NEW_WORDS: u32 = 1 << 20;

#[derive(Debug)]
struct Site {
    /// The block that this one was found to be the same as, or itself.
    same_as: u32,
    words: Vec<Kind>,
    /// The variables of the state that words refer into, at some time.
    roots: Roots,
}

/// The blocks of a region.
#[derive(Debug)]
pub(super) struct Sites<'p> {
    types: &'p TypeTable,
    sites: Vec<Site>,
    at: BTreeMap<u32, u32>,
    new_words: u32,
    changed: bool,
    /// How many words were looked at.
    pub(super) work: u64,
}

impl<'p> Sites<'p> {
    pub(super) fn new(types: &'p TypeTable) -> Sites<'p> {
        Sites {
            types,
            sites: Vec::new(),
            at: BTreeMap::new(),
            new_words: 0,
            changed: false,
            work: 0,
        }
    }

    /// The block of the `New` at this position, if it is not too large.
    pub(super) fn open(&mut self, position: u32, size: u32) -> Option<u32> {
        if let Some(site) = self.at.get(&position) {
            return Some(*site);
        }
        self.new_words = self.new_words.checked_add(size)?;
        if size > MAX_WIDTH_WORDS || self.new_words > MAX_NEW_WORDS {
            return None;
        }
        let site = self.sites.len() as u32;
        self.at.insert(position, site);
        self.sites.push(Site {
            same_as: site,
            words: vec![Kind::Zero; size as usize],
            roots: Roots::NONE,
        });
        Some(site)
    }

    /// Whether something rose since the last call.
    pub(super) fn take_changed(&mut self) -> bool {
        std::mem::take(&mut self.changed)
    }

    /// The one block that stands for all that are the same.
    pub(super) fn find(&mut self, site: u32) -> u32 {
        let mut root = site;
        while self.sites[root as usize].same_as != root {
            root = self.sites[root as usize].same_as;
        }
        self.sites[site as usize].same_as = root;
        root
    }

    /// The size in words.
    pub(super) fn size(&mut self, site: u32) -> u32 {
        let site = self.find(site);
        self.sites[site as usize].words.len() as u32
    }

    /// What a word is at any time; what it refers to depends on `roots`.
    pub(super) fn word(&mut self, site: u32, offset: u32, roots: Roots) -> Option<Kind> {
        let site = self.find(site);
        let word = *self.sites[site as usize].words.get(offset as usize)?;
        Some(match word {
            Kind::Str { may, .. } => Kind::Str { may, roots },
            Kind::Container { ty, lies } => Kind::Container {
                ty,
                lies: Lies { roots, ..lies },
            },
            other => other,
        })
    }

    /// A word may be of this kind as well. Maps that are not the handler's own stay unchanged.
    pub(super) fn raise(&mut self, site: u32, offset: u32, kind: Kind) {
        let site = self.find(site) as usize;
        let stored = match kind {
            Kind::Str { may, .. } => Kind::Str {
                may,
                roots: Roots::NONE,
            },
            Kind::Container { ty, lies } if lies.lane && lies.write => Kind::Container {
                ty,
                lies: Lies::OWNED,
            },
            Kind::Container { ty, .. } => Kind::Container {
                ty,
                lies: Lies::FROZEN,
            },
            other => other,
        };
        let roots = self.sites[site].roots.with(kind.roots());
        self.changed |= roots != self.sites[site].roots;
        self.sites[site].roots = roots;
        if let Some(word) = self.sites[site].words.get_mut(offset as usize) {
            let joined = join_plain(*word, stored).unwrap_or(Kind::Conflict);
            self.changed |= joined != *word;
            *word = joined;
        }
    }

    /// Whether the words from `offset` on are a value of type `ty` at any time.
    pub(super) fn holds(&mut self, site: u32, offset: u32, ty: TypeId) -> bool {
        let width = self.types.width(ty);
        if u64::from(offset) + u64::from(width) > u64::from(self.size(site)) {
            return false;
        }
        self.work += u64::from(width);
        (0..width).all(|word| {
            let kind = self.word(site, offset + word, Roots::NONE);
            let ty = leaf(self.types, ty, word);
            kind.zip(ty)
                .is_some_and(|(kind, ty)| kind.is_word(self.types, ty))
        })
    }

    /// The words from `offset` on may hold any value of type `ty` of the handler's own. False if
    /// they do not fit, or hold a map that is not the handler's own.
    pub(super) fn raise_to(&mut self, site: u32, offset: u32, ty: TypeId) -> bool {
        let width = self.types.width(ty);
        if u64::from(offset) + u64::from(width) > u64::from(self.size(site)) {
            return false;
        }
        self.work += u64::from(width);
        for word in 0..width {
            let Some(ty) = leaf(self.types, ty, word) else {
                return false;
            };
            let kind = Kind::of_word(self.types, ty, Lies::OWNED);
            self.raise(site, offset + word, kind);
            match self.word(site, offset + word, Roots::NONE) {
                Some(Kind::Container { lies, .. }) if !lies.write => return false,
                Some(kind) if kind.is_word(self.types, ty) => {}
                _ => return false,
            }
        }
        true
    }

    /// The kind of a register that has either kind.
    pub(super) fn join(&mut self, left: Kind, right: Kind) -> Kind {
        let (left, right) = (self.settled(left), self.settled(right));
        if left == right {
            return left;
        }
        if let Some(joined) = join_plain(left, right) {
            return joined;
        }
        match (left, right) {
            (
                Kind::Fresh {
                    site,
                    offset,
                    roots,
                },
                Kind::Fresh {
                    site: other,
                    offset: at,
                    roots: more,
                },
            ) if offset == at => Kind::Fresh {
                site: self.unite(site, other),
                offset,
                roots: roots.with(more),
            },
            (
                Kind::Fresh {
                    site, offset: 0, ..
                },
                Kind::At { ty, offset, lies },
            )
            | (
                Kind::At { ty, offset, lies },
                Kind::Fresh {
                    site, offset: 0, ..
                },
            ) => self.bind(site, ty, offset, lies),
            (
                Kind::At { ty, offset, lies },
                Kind::At {
                    ty: other,
                    offset: at,
                    lies: more,
                },
            ) => {
                let lies = lies.join(more);
                if (ty, offset) == (other, at) {
                    return Kind::At { ty, offset, lies };
                }
                let common =
                    starts(self.types, ty, offset).find(|ty| self.is_start(*ty, other, at));
                match common {
                    Some(ty) => Kind::At {
                        ty,
                        offset: 0,
                        lies,
                    },
                    None => Kind::Conflict,
                }
            }
            _ => Kind::Conflict,
        }
    }

    /// Whether a value of type `inner` starts at `offset` of a value of type `outer`.
    pub(super) fn is_start(&self, inner: TypeId, outer: TypeId, offset: u32) -> bool {
        starts(self.types, outer, offset).any(|ty| ty == inner)
    }

    /// The kind with the block that stands for all that are the same.
    pub(super) fn settled(&mut self, kind: Kind) -> Kind {
        match kind {
            Kind::Fresh {
                site,
                offset,
                roots,
            } => Kind::Fresh {
                site: self.find(site),
                offset,
                roots,
            },
            other => other,
        }
    }

    /// Makes two blocks one.
    fn unite(&mut self, left: u32, right: u32) -> u32 {
        let (left, right) = (self.find(left), self.find(right));
        if left == right {
            return left;
        }
        let (left, right) = (left.min(right), left.max(right));
        let words = std::mem::take(&mut self.sites[right as usize].words);
        let roots = self.sites[right as usize].roots;
        self.work += words.len() as u64;
        self.sites[right as usize].same_as = left;
        let kept = &mut self.sites[left as usize];
        kept.words.truncate(words.len());
        kept.roots = kept.roots.with(roots);
        for (offset, word) in words.into_iter().enumerate() {
            self.raise(left, offset as u32, word);
        }
        self.changed = true;
        left
    }

    /// A register refers to the block or to a value of type `ty`: from now on the block is of that
    /// type, or of the type of its size that starts there.
    fn bind(&mut self, site: u32, ty: TypeId, offset: u32, lies: Lies) -> Kind {
        let size = self.size(site);
        let fits = starts(self.types, ty, offset).find(|ty| self.types.width(*ty) == size);
        let empty = self.types.is_in_place(ty) && self.types.width(ty) == 0;
        let Some(ty) = fits.or(empty.then_some(ty)) else {
            return Kind::Conflict;
        };
        if !self.raise_to(site, 0, ty) {
            return Kind::Conflict;
        }
        let site = self.find(site) as usize;
        let own = Lies {
            roots: self.sites[site].roots,
            ..Lies::OWNED
        };
        Kind::At {
            ty,
            offset: 0,
            lies: lies.join(own),
        }
    }
}
