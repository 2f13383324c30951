//! Admission: so many queries run at once, overall and per work group; the others wait in the order in which they came.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use catalog::{Error, ErrorKind, Result};
use tokio::sync::oneshot;

/// Hands out turns. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Admission {
    state: Arc<Mutex<State>>,
    /// Queries that run at once.
    limit: usize,
    /// Queries that may wait.
    most_waiting: usize,
}

#[derive(Debug, Default)]
struct State {
    running: usize,
    /// Running queries by work group; a group with none is left out.
    by_group: HashMap<Arc<str>, usize>,
    waiting: VecDeque<Waiter>,
}

#[derive(Debug)]
struct Waiter {
    group: Arc<str>,
    /// Of the work group, where it has one.
    limit: Option<usize>,
    turn: oneshot::Sender<Turn>,
}

/// The right to run, until it is dropped.
#[derive(Debug)]
pub(super) struct Turn {
    admission: Admission,
    group: Arc<str>,
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut state = self.admission.state();
        state.running -= 1;
        if let Some(count) = state.by_group.get_mut(&self.group) {
            *count -= 1;
            if *count == 0 {
                state.by_group.remove(&self.group);
            }
        }
        let turns = self.admission.next(&mut state);
        drop(state);
        hand_out(turns);
    }
}

impl Admission {
    pub(super) fn new(limit: usize, most_waiting: usize) -> Self {
        Self { state: Arc::default(), limit: limit.max(1), most_waiting }
    }

    /// A place in the queue of a work group that runs at most `limit` queries at once. The turn comes through the receiver, at
    /// once where there is room; whoever drops the receiver has left the queue.
    ///
    /// Errors: `Busy` when too many wait already.
    pub(super) fn queue(&self, group: &str, limit: Option<usize>) -> Result<oneshot::Receiver<Turn>> {
        let (turn, receiver) = oneshot::channel();
        let mut state = self.state();
        state.waiting.retain(|waiter| !waiter.turn.is_closed());
        if state.waiting.len() >= self.most_waiting {
            return Err(Error::new(
                ErrorKind::Busy,
                format!("{} queries wait for their turn already; try again when some have ended", self.most_waiting),
            ));
        }
        state.waiting.push_back(Waiter { group: group.into(), limit, turn });
        let turns = self.next(&mut state);
        drop(state);
        hand_out(turns);
        Ok(receiver)
    }

    /// Takes those out of the queue who may run now, in its order. A group that is full holds nobody else up.
    fn next(&self, state: &mut State) -> Vec<(oneshot::Sender<Turn>, Turn)> {
        let mut turns = Vec::new();
        let mut at = 0;
        while state.running < self.limit && at < state.waiting.len() {
            let waiter = &state.waiting[at];
            let running = state.by_group.get(&waiter.group).copied().unwrap_or(0);
            if waiter.limit.is_some_and(|limit| running >= limit) {
                at += 1;
                continue;
            }
            let Some(waiter) = state.waiting.remove(at) else { break };
            if waiter.turn.is_closed() {
                continue;
            }
            state.running += 1;
            *state.by_group.entry(Arc::clone(&waiter.group)).or_default() += 1;
            turns.push((waiter.turn, Turn { admission: self.clone(), group: waiter.group }));
        }
        turns
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A turn that nobody takes any more is given back by being dropped, which must not happen while the state is locked.
fn hand_out(turns: Vec<(oneshot::Sender<Turn>, Turn)>) {
    for (sender, turn) in turns {
        drop(sender.send(turn));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_come_in_order_within_both_limits() {
        let admission = Admission::new(2, 10);
        let queue = |group: &str, limit| admission.queue(group, limit).unwrap();
        let mut a1 = queue("a", Some(1));
        let mut a2 = queue("a", Some(1));
        let mut b1 = queue("b", None);
        let mut b2 = queue("b", None);
        let first = a1.try_recv().unwrap();
        assert!(a2.try_recv().is_err(), "its group is full");
        let second = b1.try_recv().unwrap();
        assert!(b2.try_recv().is_err(), "everything is full");
        drop(second);
        let third = b2.try_recv().unwrap();
        assert!(a2.try_recv().is_err(), "its group is still full");
        drop(first);
        let fourth = a2.try_recv().unwrap();
        drop((third, fourth));
        assert_eq!(admission.state().running, 0);
        assert!(admission.state().by_group.is_empty());
    }

    #[test]
    fn who_has_left_takes_no_turn_and_the_queue_has_an_end() {
        let admission = Admission::new(1, 2);
        let running = admission.queue("a", None).unwrap().try_recv().unwrap();
        let left = admission.queue("a", None).unwrap();
        let mut waits = admission.queue("a", None).unwrap();
        assert_eq!(admission.queue("a", None).unwrap_err().kind(), ErrorKind::Busy);
        drop(left);
        let late = admission.queue("a", None).unwrap();
        drop(running);
        let turn = waits.try_recv().unwrap();
        drop(late);
        drop(turn);
        assert_eq!(admission.state().running, 0);
    }
}
