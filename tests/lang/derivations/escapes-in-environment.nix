(derivation { name = "e"; builder = "/b"; system = "s"; x = "a\"b\\c\nd\te\rf"; "odd key" = "é"; }).drvPath
