select nothing from item
