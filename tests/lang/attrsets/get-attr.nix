[ (builtins.getAttr "a" { a = 1; }) (builtins.hasAttr "a" { }) (builtins.hasAttr "a" { a = throw "never"; }) ]
