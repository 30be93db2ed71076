//! Whether anybody still reads what coop says. Nothing is written here.

use std::os::fd::AsFd;
use std::thread;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;

/// Does something as soon as a pipe, socket or terminal has nobody at its other end. A file never
/// comes to that.
pub fn when_closed(out: impl AsFd + Send + 'static, then: impl FnOnce() + Send + 'static) {
    thread::spawn(move || {
        // Asked for nothing, poll tells of errors and hang-ups alone, and waits for them (poll(2)).
        let mut polled = [PollFd::new(&out, PollFlags::empty())];
        loop {
            match poll(&mut polled, None) {
                Ok(_) => break,
                Err(Errno::INTR) => {}
                // Where it cannot be known, the next thing that is said finds out.
                Err(_) => return,
            }
        }
        then();
    });
}
