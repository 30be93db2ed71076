//! tmp
#[derive(Debug)] pub struct E;
impl std::fmt::Display for E{fn fmt(&self,f:&mut std::fmt::Formatter<'_>)->std::fmt::Result{f.write_str("x")}}
pub enum Toml {Bool(bool),Int(i64),Float(f64),String(Vec<u8>),Timestamp(Vec<u8>),Array(Vec<Toml>),Table(Vec<(Vec<u8>,Toml)>)}
pub fn parse(_:&[u8],_:bool)->Result<Toml,E>{Err(E)}
