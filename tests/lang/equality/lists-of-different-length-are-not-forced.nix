[ (throw "never") ] == [ ]
