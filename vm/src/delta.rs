//! The undo-free log of writes of one lane.
//!
//! In: writes of words of the state while a handler runs. Out: the same words, in pages in the order
//! of their first write, to be compared with the other lane's log and applied to the lane's copy.
//! Until it is applied the state does not change; dropping the log is all that undoing takes.
//!
//! A page stands for 64 words of the state and says which of them were written. Reading and writing
//! a word costs two look-ups whatever the size of the state and of the log.

mod page;

use crate::check::Check;
use crate::error::Stop;
use crate::fill::{lengthen, moved};
use crate::probe::{keeps, point, touch};
use crate::state::StateCopy;
use crate::trap::Trap;
pub(crate) use page::{PAGE_WORDS, Page};

/// How many pages a log keeps for the next message, 528 KiB: a message that writes more asks for more.
const SPARE: usize = 1024;

/// How many pages a log has room for once it has more than one, 33 KiB: a loop in the memory of one lane that goes
/// some kilobytes too far does not come to what both lanes logged.
const ROOM: usize = 64;

/// Which message a log belongs to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Stamp {
    /// The input's ordinal.
    pub(crate) ordinal: u64,
    /// The CRC of the input record.
    pub(crate) crc: u32,
}

/// The log.
#[derive(Clone, Debug)]
pub(crate) struct Delta {
    /// For each page of the state 1 + its index in `pages`, or 0.
    pub(crate) table: Vec<u32>,
    /// Pages in the order of their first write; those from `used` on are poisoned spares.
    pub(crate) pages: Vec<Page>,
    pub(crate) used: usize,
    /// Bit `n % 64` is set if the page with number `n` may be in use.
    pub(crate) filter: u64,
    /// The number after that of the highest page.
    pub(crate) pages_end: u32,
    pub(crate) stamp: Stamp,
    pub(crate) epoch: u64,
    pub(crate) poison: u64,
}

impl Delta {
    /// An empty log whose unused words are `poison`.
    pub(crate) fn new(poison: u64) -> Delta {
        let stamp = Stamp::default();
        Delta {
            table: Vec::new(),
            pages: Vec::with_capacity(1),
            used: 0,
            filter: 0,
            pages_end: 0,
            stamp,
            epoch: 0,
            poison,
        }
    }

    /// Starts the log of a message on a state of this epoch.
    pub(crate) fn open(&mut self, stamp: Stamp, epoch: u64) {
        self.clear();
        touch(&self.stamp);
        touch(&self.epoch);
        self.stamp = stamp;
        self.epoch = epoch;
    }

    /// Drops what was written. What was written becomes poison again.
    #[inline]
    pub(crate) fn clear(&mut self) {
        touch(&self.used);
        touch(&self.filter);
        touch(&self.pages_end);
        touch(&self.stamp);
        touch(&self.poison);
        touch(&self.table);
        touch(&self.pages);
        if self.used != 0 {
            self.clear_pages();
        }
        if self.pages.len() > SPARE {
            self.give_back();
        }
        self.used = 0;
        self.filter = 0;
        self.pages_end = 0;
        self.stamp = Stamp::default();
    }

    #[inline(never)]
    fn clear_pages(&mut self) {
        for page in self.pages.iter_mut().take(self.used) {
            touch(page);
            let mut written = page.written;
            while written != 0 {
                page.words[written.trailing_zeros() as usize] = self.poison;
                written &= written - 1;
            }
            page.written = 0;
            if let Some(entry) = self.table.get_mut(page.number as usize) {
                touch(entry);
                *entry = 0;
            }
        }
    }

    /// Gives back the memory of pages that few messages need.
    #[cold]
    #[inline(never)]
    fn give_back(&mut self) {
        self.pages.truncate(SPARE);
        self.pages.shrink_to(SPARE);
    }

    /// Whether a word may have been written to the address; if not, none was.
    #[cfg(pasc_threaded)]
    #[inline(always)]
    pub(crate) fn may_have(&self, address: u64) -> bool {
        self.filter >> (address / PAGE_WORDS % 64) & 1 != 0
    }

    /// The word that was written to the address, if one was.
    #[inline]
    pub(crate) fn get(&self, address: u64) -> Option<u64> {
        touch(&self.filter);
        if self.filter >> (address / PAGE_WORDS % 64) & 1 == 0 {
            return None;
        }
        self.find(address)
    }

    #[inline(never)]
    fn find(&self, address: u64) -> Option<u64> {
        touch(&self.table);
        touch(&self.pages);
        touch(&self.used);
        let entry = self.table.get((address / PAGE_WORDS) as usize)?;
        touch(entry);
        let index = *entry;
        let index = (index as usize).wrapping_sub(1);
        let page = self.pages.get(index).filter(|_| index < self.used)?;
        let word = (address % PAGE_WORDS) as usize;
        touch(&page.written);
        touch(&page.words[word]);
        (page.written >> word & 1 == 1).then(|| page.words[word])
    }

    /// Logs a write. The caller has checked the address against the limit of the state.
    #[inline(never)]
    pub(crate) fn set(&mut self, address: u64, value: u64) {
        let number = (address / PAGE_WORDS) as usize;
        touch(&self.table);
        touch(&self.pages);
        touch(&self.used);
        let entry = match self.table.get(number) {
            None | Some(0) => return self.set_first(address, value),
            Some(entry) => entry,
        };
        touch(entry);
        let index = *entry as usize - 1;
        self.set_in(index, address, value);
    }

    /// Logs a write to the page with this index.
    #[inline]
    fn set_in(&mut self, index: usize, address: u64, value: u64) {
        // A corrupted table entry must not become a panic: the write is lost and the logs differ.
        let used = self.used;
        if let Some(page) = self.pages.get_mut(index).filter(|_| index < used) {
            let word = (address % PAGE_WORDS) as usize;
            touch(&page.written);
            touch(&page.words[word]);
            page.written |= 1 << word;
            page.words[word] = value;
        }
    }

    /// Logs the first write to a page.
    #[inline(never)]
    fn set_first(&mut self, address: u64, value: u64) {
        if !self.open_page(address, value) {
            self.set_with_room(address, value);
        }
    }

    /// Opens the next page with this write; false if there is no room for it.
    #[inline]
    fn open_page(&mut self, address: u64, value: u64) -> bool {
        let (number, word) = (address / PAGE_WORDS, (address % PAGE_WORDS) as usize);
        let index = self.used;
        let entry = self.table.get_mut(number as usize);
        let (Some(entry), Some(page)) = (entry, self.pages.get_mut(index)) else {
            return false;
        };
        touch(entry);
        touch(&self.filter);
        touch(&self.pages_end);
        touch(&page.number);
        touch(&page.written);
        touch(&page.words[word]);
        page.number = number as u32;
        page.written = 1 << word;
        page.words[word] = value;
        *entry = index as u32 + 1;
        self.filter |= 1 << (number % 64);
        self.pages_end = self.pages_end.max(number as u32 + 1);
        self.used = index + 1;
        true
    }

    #[cold]
    #[inline(never)]
    fn set_with_room(&mut self, address: u64, value: u64) {
        touch(&self.poison);
        let number = (address / PAGE_WORDS) as usize;
        if number >= self.table.len() {
            lengthen(&mut self.table, number + 1);
        }
        if self.used == self.pages.len() {
            if self.pages.len() == self.pages.capacity() {
                let room = (2 * self.pages.len()).max(ROOM);
                self.pages = moved(&self.pages, room, Page::moved);
            }
            let words = [self.poison; PAGE_WORDS as usize];
            self.pages.push(Page {
                number: 0,
                written: 0,
                words,
            });
        }
        // No page if `used` was corrupted: the write is lost and the logs differ.
        self.open_page(address, value);
    }

    /// Which message the log belongs to.
    pub(crate) fn stamp(&self) -> Stamp {
        touch(&self.stamp);
        self.stamp
    }

    /// The epoch of the state that the log follows on.
    pub(crate) fn epoch(&self) -> u64 {
        touch(&self.epoch);
        self.epoch
    }

    /// Says that all pages in use are looked at.
    #[inline]
    fn touch_pages(&self) {
        if cfg!(not(pasc_probe)) {
            return;
        }
        touch(&self.used);
        touch(&self.pages);
        for page in self.pages.iter().take(self.used) {
            touch(&page.number);
            touch(&page.written);
            page.each_word(|word, _| touch(&page.words[word]));
        }
    }

    /// What was written, in the order of the first write of each page.
    pub(crate) fn pages(&self) -> impl Iterator<Item = &Page> {
        self.touch_pages();
        self.pages.iter().take(self.used)
    }

    /// The address after the highest page; that after the highest word written may be lower.
    pub(crate) fn pages_end(&self) -> u64 {
        touch(&self.pages_end);
        u64::from(self.pages_end) * PAGE_WORDS
    }

    /// The address after the highest one written; 0 for an empty log.
    pub(crate) fn end(&self) -> u64 {
        self.touch_pages();
        let end = |page: &Page| {
            u64::from(page.number) * PAGE_WORDS + 64 - u64::from(page.written.leading_zeros())
        };
        let used = self.pages.iter().take(self.used);
        used.map(end).max().unwrap_or(0)
    }

    /// Whether both logs hold the same places and values in the same order, for the same message.
    pub(crate) fn agrees_with(&self, other: &Delta) -> bool {
        for log in [self, other] {
            log.touch_pages();
            touch(&log.stamp);
            touch(&log.epoch);
        }
        let same = self.used == other.used
            && self.stamp == other.stamp
            && self.epoch == other.epoch
            && self.pages.len() >= self.used
            && other.pages.len() >= other.used;
        if !same {
            return false;
        }
        let mut different = 0;
        for (a, b) in self.pages.iter().zip(&other.pages).take(self.used) {
            different |= u64::from(a.number ^ b.number) | (a.written ^ b.written);
            let mut written = a.written;
            while written != 0 {
                let word = written.trailing_zeros() as usize;
                different |= a.words[word] ^ b.words[word];
                written &= written - 1;
            }
        }
        different == 0
    }

    /// Writes the log to the copy, advances the copy's epoch and consumes the log.
    ///
    /// Refuses, before it writes anything, a log of another message or epoch, and one that reaches
    /// beyond the copy.
    pub(crate) fn apply(&mut self, stamp: Stamp, copy: &mut StateCopy) -> Result<(), Stop> {
        touch(&self.stamp);
        if self.stamp != stamp && keeps(Check::Stamp) {
            return Err(Trap::Stamp.into());
        }
        touch(&self.epoch);
        if self.epoch != copy.epoch() && keeps(Check::ApplyEpoch) {
            return Err(Trap::Epoch.into());
        }
        let length = copy.words().len() as u64;
        if self.pages_end() > length && self.end() > length {
            return Err(Trap::Address.into());
        }
        self.write_to(copy)?;
        copy.advance_epoch();
        self.used = 0;
        self.clear();
        Ok(())
    }

    /// Moves each logged word to its place in the copy; what is left in the log is poison. A page of the
    /// log is a page of the copy.
    #[inline]
    #[cfg_attr(
        not(pasc_probe),
        expect(unused_mut, reason = "a fault can change them")
    )]
    fn write_to(&mut self, copy: &mut StateCopy) -> Result<(), Stop> {
        let mut index = 0;
        touch(&self.used);
        touch(&self.pages);
        let (pages, _) = copy.words_mut().as_chunks_mut::<{ PAGE_WORDS as usize }>();
        while index < self.used {
            let Some(page) = self.pages.get_mut(index) else {
                return Err(Trap::Address.into());
            };
            touch(&page.number);
            touch(&page.written);
            let mut number = page.number as usize;
            let mut written = page.written;
            while written != 0 {
                let mut word = written.trailing_zeros() as usize;
                touch(&page.words[word]);
                let mut value = page.words[word];
                point!("apply", |v: &mut crate::probe::Visitor| {
                    v.side = crate::probe::visitor::SHARED;
                    v.local("apply.page", &mut index);
                    v.local("apply.base", &mut number);
                    v.local("apply.left", &mut written);
                    v.local("apply.word", &mut word);
                    v.local("apply.value", &mut value);
                });
                let place = pages.get_mut(number).and_then(|page| page.get_mut(word));
                let (Some(place), Some(logged)) = (place, page.words.get_mut(word)) else {
                    return Err(Trap::Address.into());
                };
                touch(place);
                *place = value;
                *logged = self.poison;
                written &= written.wrapping_sub(1);
            }
            page.written = 0;
            if let Some(entry) = self.table.get_mut(page.number as usize) {
                touch(entry);
                *entry = 0;
            }
            index += 1;
            touch(&self.used);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STAMP: Stamp = Stamp { ordinal: 1, crc: 7 };

    fn log(writes: &[(u64, u64)]) -> Delta {
        let mut delta = Delta::new(!0);
        delta.open(STAMP, 0);
        writes
            .iter()
            .for_each(|(address, word)| delta.set(*address, *word));
        delta
    }

    #[test]
    fn a_read_sees_the_last_write_and_nothing_else() {
        let delta = log(&[(200, 1), (201, 2), (200, 3)]);
        assert_eq!(delta.get(200), Some(3));
        assert_eq!(delta.get(201), Some(2));
        assert_eq!(delta.get(202), None);
        assert_eq!(delta.get(1 << 40), None);
        assert_eq!(delta.end(), 202);
    }

    #[test]
    fn logs_that_differ_in_a_place_a_value_or_the_order_disagree() {
        let right = log(&[(200, 1), (900, 2)]);
        assert!(right.agrees_with(&log(&[(200, 1), (900, 2)])));
        assert!(!right.agrees_with(&log(&[(200, 1), (900, 3)])));
        assert!(!right.agrees_with(&log(&[(200, 1), (901, 2)])));
        assert!(!right.agrees_with(&log(&[(200, 1)])));
        assert!(!right.agrees_with(&log(&[(900, 2), (200, 1)])));
    }

    #[test]
    fn applying_twice_or_to_the_wrong_message_or_epoch_is_refused() {
        let mut copy = StateCopy::new(10, [1, 2], 0);
        let mut delta = log(&[(195, 5)]);
        assert_eq!(
            delta.apply(Stamp { ordinal: 2, crc: 7 }, &mut copy),
            Err(Trap::Stamp.into())
        );
        assert_eq!(copy.words()[195], 0);
        assert_eq!(delta.apply(STAMP, &mut copy), Ok(()));
        assert_eq!((copy.words()[195], copy.epoch()), (5, 1));
        assert_eq!(delta.apply(STAMP, &mut copy), Err(Trap::Stamp.into()));
        let mut late = log(&[(195, 6)]);
        assert_eq!(late.apply(STAMP, &mut copy), Err(Trap::Epoch.into()));
        assert_eq!(copy.words()[195], 5);
    }

    #[test]
    fn a_cleared_log_is_poison_again() {
        let mut delta = log(&[(200, 1), (300, 2)]);
        delta.clear();
        assert!(delta.pages().count() == 0 && delta.get(200).is_none());
        assert!(
            delta
                .pages
                .iter()
                .all(|page| page.words.iter().all(|word| *word == !0))
        );
    }

    #[test]
    fn a_log_keeps_few_pages_for_the_next_message() {
        let mut delta = Delta::new(!0);
        for message in 0..2 {
            delta.open(STAMP, message);
            let pages = 0..2 * SPARE as u64;
            pages.for_each(|page| delta.set(PAGE_WORDS * page, message));
            assert_eq!(delta.get(PAGE_WORDS), Some(message));
        }
        delta.clear();
        assert_eq!((delta.pages.len(), delta.get(PAGE_WORDS)), (SPARE, None));
        let poison = |page: &Page| page.written == 0 && page.words.iter().all(|word| *word == !0);
        assert!(delta.pages.capacity() < 2 * SPARE && delta.pages.iter().all(poison));
    }
}
