map builtins.parseDrvName [ "hello-2.10" "nix-0.12pre1234" "a-b" "a-b-1" "1-2" "foo-" "" "a--1" "python3.9-x-1.0" "a-1-b-2" ]
