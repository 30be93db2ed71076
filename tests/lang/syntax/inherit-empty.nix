let in { inherit; inherit (throw "never"); }
