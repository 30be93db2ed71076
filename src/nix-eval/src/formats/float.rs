//! tmp
pub fn general(v:f64)->String{format!("{v}")}
pub fn fixed(v:f64)->String{format!("{v:.6}")}
pub fn json(v:f64)->String{format!("{v:?}")}
