({ a = throw "never"; } // { a = 1; }).a
