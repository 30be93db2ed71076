map builtins.splitVersion [ "1.2.3" "1.2pre4" "a-b.c1d" "" "..1" "2020-01-02" ]
