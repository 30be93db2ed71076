"a\nb${"c"}"
