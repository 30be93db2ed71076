[ "a\"b\\c\n\${d}\t$e" ''a''\nb'' ]
