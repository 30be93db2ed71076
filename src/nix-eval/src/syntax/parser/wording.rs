//! How tokens are called in messages, as in `parser.y`.

use crate::syntax::lexer::Token;

pub(super) fn describe(token: Token) -> String {
    let text = match token {
        Token::End => "end of file",
        Token::Id => "identifier",
        Token::Int(_) => "integer",
        Token::Float(_) => "floating-point literal",
        Token::Quote => "'\"'",
        Token::IndentedOpen => "start of an indented string",
        Token::Path => "path",
        Token::HomePath => "'~/…' path",
        Token::SearchPath => "'<…>' path",
        Token::Uri => "URI",
        Token::If => "'if'",
        Token::Then => "'then'",
        Token::Else => "'else'",
        Token::Assert => "'assert'",
        Token::With => "'with'",
        Token::Let => "'let'",
        Token::In => "'in'",
        Token::Rec => "'rec'",
        Token::Inherit => "'inherit'",
        Token::Or => "'or'",
        Token::Ellipsis => "'...'",
        Token::Equal => "'=='",
        Token::NotEqual => "'!='",
        Token::LessEqual => "'<='",
        Token::GreaterEqual => "'>='",
        Token::And => "'&&'",
        Token::OrOp => "'||'",
        Token::Implies => "'->'",
        Token::Update => "'//'",
        Token::ConcatLists => "'++'",
        Token::PipeFrom => "'<|'",
        Token::PipeInto => "'|>'",
        Token::DollarCurly => "'${'",
        Token::Byte(byte) if b":@!-<>?+*/.(){}[]=;,".contains(&byte) => {
            return format!("'{}'", byte as char);
        }
        Token::Byte(_) => "invalid token",
    };
    text.to_owned()
}
