"${toString __curPos.line}:${toString __curPos.column}"
