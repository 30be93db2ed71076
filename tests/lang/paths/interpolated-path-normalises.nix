let x = "../.."; in /a/b/c/${x}/d
