let set = { a = 1; }; in { inherit (set) ${"a" + ""}; }
