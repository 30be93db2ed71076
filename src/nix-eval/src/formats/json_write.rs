//! tmp
#[derive(Debug)] pub struct JsonWriteError;
impl std::fmt::Display for JsonWriteError{fn fmt(&self,f:&mut std::fmt::Formatter<'_>)->std::fmt::Result{f.write_str("x")}}
pub fn string(out:&mut Vec<u8>,t:&[u8])->Result<(),JsonWriteError>{ out.push(b'"'); for &b in t { match b { b'"'|b'\\' => {out.push(b'\\');out.push(b)}, b'\n'=>out.extend(b"\\n"), b'\t'=>out.extend(b"\\t"), b'\r'=>out.extend(b"\\r"), 8=>out.extend(b"\\b"), 12=>out.extend(b"\\f"), 0..=31 => out.extend(format!("\\u{b:04x}").bytes()), _=>out.push(b)} } out.push(b'"'); Ok(())}
