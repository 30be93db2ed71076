{ a = throw "never"; } == { b = throw "never"; }
