{ "in" = 1; "let" = 2; "inherit" = 3; "true" = 4; "null" = 5; "_" = 6; "a'" = 7; "-a" = 8; }
