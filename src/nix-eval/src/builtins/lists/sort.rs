//! `sort`: a stable natural merge sort that peeks at runs from the middle (Munro and Wild,
//! "Nearly-Optimal Mergesorts", 2018). Nix uses the same, so that a comparator which is no order
//! still gives the same answer; what is compared, and in which order, is part of that.

use crate::eval::{Evaluator, R};
use crate::heap::Value;
use crate::position::Position;

/// Ranges up to this length are sorted by insertion.
const INSERTION: usize = 16;

pub(super) fn sort(evaluator: &mut Evaluator, args: &[Value]) -> R<Value> {
    let context = "while evaluating the second argument passed to builtins.sort";
    let list = evaluator.force_list(args[1], context)?;
    if evaluator.heap.list_length(list) == 0 {
        return Ok(list);
    }
    let context = "while evaluating the first argument passed to builtins.sort";
    let function = evaluator.force_function(args[0], context)?;
    let mut items = evaluator.heap.list_items(list);
    for &item in &items {
        evaluator.force(item)?;
    }
    let by_less_than = function
        .as_builtin()
        .is_some_and(|index| evaluator.builtins[index as usize].name == "__lessThan");
    let mut sorter = Sorter {
        evaluator,
        function,
        by_less_than,
    };
    sorter.peek_sort(&mut items)?;
    Ok(evaluator.heap.new_list(&items))
}

struct Sorter<'a> {
    evaluator: &'a mut Evaluator,
    function: Value,
    by_less_than: bool,
}

impl Sorter<'_> {
    fn less(&mut self, a: Value, b: Value) -> R<bool> {
        if self.by_less_than {
            let (a, b) = (self.evaluator.force(a)?, self.evaluator.force(b)?);
            return self.evaluator.less_than(a, b);
        }
        let result = self
            .evaluator
            .call(self.function, &[a, b], Position::NONE)?;
        let context =
            "while evaluating the return value of the sorting function passed to builtins.sort";
        self.evaluator.force_bool(result, context)
    }

    fn peek_sort(&mut self, items: &mut [Value]) -> R<()> {
        match items.len() {
            0 | 1 => Ok(()),
            2 => {
                if self.less(items[1], items[0])? {
                    items.swap(0, 1);
                }
                Ok(())
            }
            length => self.range(items, 0, length, 0, length),
        }
    }

    /// Sorts `begin..end`, of which `begin..left_end` and `right_begin..end` are sorted already.
    fn range(
        &mut self,
        items: &mut [Value],
        begin: usize,
        end: usize,
        left_end: usize,
        right_begin: usize,
    ) -> R<()> {
        if left_end == end || right_begin == begin {
            return Ok(());
        }
        if end - begin <= INSERTION {
            return self.insertion(&mut items[begin..end]);
        }
        let middle = begin + (end - begin) / 2;
        if middle <= left_end {
            self.range(items, left_end, end, left_end + 1, right_begin)?;
            return self.merge(items, begin, left_end, end);
        }
        if middle >= right_begin {
            self.range(items, begin, right_begin, left_end, right_begin - 1)?;
            return self.merge(items, begin, right_begin, end);
        }
        // The run around the middle.
        let decreasing = self.less(items[middle], items[middle - 1])?;
        let run_begin = self.run_backwards(items, left_end, middle, decreasing)?;
        let run_end = self.run_forwards(items, middle - 1, right_begin, decreasing)?;
        if decreasing {
            items[run_begin..run_end].reverse();
        }
        if run_begin == begin && run_end == end {
            return Ok(());
        }
        if middle - run_begin < run_end - middle {
            self.range(items, begin, run_begin, left_end, run_begin.wrapping_sub(1))?;
            self.range(items, run_begin, end, run_end, right_begin)?;
            self.merge(items, begin, run_begin, end)
        } else {
            self.range(items, begin, run_end, left_end, run_begin)?;
            self.range(items, run_end, end, run_end + 1, right_begin)?;
            self.merge(items, begin, run_end, end)
        }
    }

    /// The start of the run that ends at `end`, not before `begin`.
    fn run_backwards(
        &mut self,
        items: &[Value],
        begin: usize,
        end: usize,
        decreasing: bool,
    ) -> R<usize> {
        if begin == end {
            return Ok(end);
        }
        let mut end = end;
        while end - 1 > begin && self.less(items[end - 1], items[end - 2])? == decreasing {
            end -= 1;
        }
        Ok(end - 1)
    }

    /// The end of the run that starts at `begin`, not after `end`.
    fn run_forwards(
        &mut self,
        items: &[Value],
        begin: usize,
        end: usize,
        decreasing: bool,
    ) -> R<usize> {
        if begin == end {
            return Ok(begin);
        }
        let mut begin = begin;
        while begin + 1 != end && self.less(items[begin + 1], items[begin])? == decreasing {
            begin += 1;
        }
        Ok(begin + 1)
    }

    fn insertion(&mut self, items: &mut [Value]) -> R<()> {
        for current in 1..items.len() {
            let mut at = current;
            while at > 0 && self.less(items[at], items[at - 1])? {
                items.swap(at, at - 1);
                at -= 1;
            }
        }
        Ok(())
    }

    fn merge(&mut self, items: &mut [Value], begin: usize, middle: usize, end: usize) -> R<()> {
        let left = items[begin..middle].to_vec();
        let right = items[middle..end].to_vec();
        let (mut i, mut j, mut out) = (0, 0, begin);
        while i < left.len() && j < right.len() {
            if self.less(right[j], left[i])? {
                items[out] = right[j];
                j += 1;
            } else {
                items[out] = left[i];
                i += 1;
            }
            out += 1;
        }
        items[out..out + left.len() - i].copy_from_slice(&left[i..]);
        out += left.len() - i;
        items[out..out + right.len() - j].copy_from_slice(&right[j..]);
        Ok(())
    }
}
