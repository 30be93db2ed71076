# comment1
