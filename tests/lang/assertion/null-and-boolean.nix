assert null == true; 1
