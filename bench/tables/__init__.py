"""README's tables, each made from the measurements that it is named after."""
