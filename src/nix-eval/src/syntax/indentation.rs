//! What an indented string (`''…''`) means: the smallest indentation of its lines is removed.

/// A part of an indented string as the lexer saw it.
pub(super) enum Part<E> {
    /// Text; `true` where its spaces count as indentation (escapes do not).
    Text(Vec<u8>, bool),
    /// An interpolated expression.
    Expr(E),
}

/// Removes the indentation. Empty text disappears.
pub(super) fn strip<P: Copy, E>(parts: Vec<(P, Part<E>)>) -> Vec<(P, Part<E>)> {
    let indent = smallest_indentation(&parts);
    let count = parts.len();
    let mut line_start = true;
    let mut dropped = 0;
    let mut out = Vec::with_capacity(count);
    for (index, (position, part)) in parts.into_iter().enumerate() {
        match part {
            Part::Expr(expr) => {
                line_start = false;
                dropped = 0;
                out.push((position, Part::Expr(expr)));
            }
            Part::Text(text, _) => {
                let mut kept = Vec::with_capacity(text.len());
                for byte in text {
                    if line_start && byte == b' ' {
                        if dropped >= indent {
                            kept.push(byte);
                        }
                        dropped += 1;
                        continue;
                    }
                    kept.push(byte);
                    line_start = byte == b'\n';
                    dropped = 0;
                }
                if index + 1 == count {
                    drop_blank_last_line(&mut kept);
                }
                if !kept.is_empty() {
                    out.push((position, Part::Text(kept, false)));
                }
            }
        }
    }
    out
}

/// The last line goes if it holds nothing but spaces.
fn drop_blank_last_line(text: &mut Vec<u8>) {
    if let Some(newline) = text.iter().rposition(|&b| b == b'\n')
        && text[newline + 1..].iter().all(|&b| b == b' ')
    {
        text.truncate(newline + 1);
    }
}

/// Lines of spaces alone do not count, the last one neither.
fn smallest_indentation<P, E>(parts: &[(P, Part<E>)]) -> usize {
    let mut smallest = 1_000_000;
    let mut line_start = true;
    let mut current = 0;
    for (_, part) in parts {
        let Part::Text(text, true) = part else {
            if line_start {
                line_start = false;
                smallest = smallest.min(current);
            }
            continue;
        };
        for &byte in text {
            if byte == b'\n' {
                line_start = true;
                current = 0;
            } else if line_start {
                if byte == b' ' {
                    current += 1;
                } else {
                    line_start = false;
                    smallest = smallest.min(current);
                }
            }
        }
    }
    smallest
}
