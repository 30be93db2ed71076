//! tmp
#[derive(Debug)] pub struct JsonReadError;
impl std::fmt::Display for JsonReadError{fn fmt(&self,f:&mut std::fmt::Formatter<'_>)->std::fmt::Result{f.write_str("x")}}
pub enum Json {Null,Bool(bool),Int(i64),Float(f64),String(Vec<u8>),Array(Vec<Json>),Object(Vec<(Vec<u8>,Json)>)}
pub fn parse(_:&[u8])->Result<Json,JsonReadError>{Err(JsonReadError)}
