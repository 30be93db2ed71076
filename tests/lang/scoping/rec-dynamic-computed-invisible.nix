let a = "outer"; k = "a"; in (rec { ${k} = "inner"; b = a; }).b
