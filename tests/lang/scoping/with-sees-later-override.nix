let s = { a = 1; } // { a = 2; }; in with s; a
