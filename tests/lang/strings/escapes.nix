"a\nb\tc\rd\"e\\f\${g}\a\$x$$y$"
