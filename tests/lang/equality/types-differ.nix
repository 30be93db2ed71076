[ (1 == "1") (null == false) ([ ] == { }) ("" == null) (./a == "${toString ./a}") (1 == true) ]
