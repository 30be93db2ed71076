//! tmp
use std::cmp::Ordering;
pub fn split(v:&[u8])->Vec<&[u8]>{ let mut out=vec![]; let mut p=0; loop { while p<v.len() && (v[p]==b'.'||v[p]==b'-'){p+=1} if p>=v.len(){return out} let s=p; if v[p].is_ascii_digit(){while p<v.len()&&v[p].is_ascii_digit(){p+=1}} else {while p<v.len()&&!v[p].is_ascii_digit()&&v[p]!=b'.'&&v[p]!=b'-'{p+=1}} out.push(&v[s..p]); } }
fn lt(a:&[u8],b:&[u8])->bool{ let n=|x:&[u8]|std::str::from_utf8(x).ok().and_then(|s|s.parse::<i32>().ok()); let(x,y)=(n(a),n(b)); if let(Some(x),Some(y))=(x,y){return x<y} if a.is_empty()&&y.is_some(){return true} if a==b"pre"&&b!=b"pre"{return true} if b==b"pre"{return false} if y.is_some(){return true} if x.is_some(){return false} a<b}
pub fn compare(a:&[u8],b:&[u8])->Ordering{ let(a,b)=(split(a),split(b)); for i in 0..a.len().max(b.len()){ let x=a.get(i).copied().unwrap_or_default(); let y=b.get(i).copied().unwrap_or_default(); if lt(x,y){return Ordering::Less} if lt(y,x){return Ordering::Greater}} Ordering::Equal}
pub fn parse_drv_name(v:&[u8])->(&[u8],&[u8]){ for i in 0..v.len(){ if v[i]==b'-'&&i+1<v.len()&&!v[i+1].is_ascii_alphabetic(){return(&v[..i],&v[i+1..])}} (v,b"") }
