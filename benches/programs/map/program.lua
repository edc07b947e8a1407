-- A map from integers to integers: each key is inserted, read and removed.
return function(size)
    local map, count = {}, 0
    for i = 0, size - 1 do
        map[i * 7919 % 2147483647] = i
        count = count + 1
    end
    local sum = 0
    for i = 0, size - 1 do sum = sum + map[i * 7919 % 2147483647] end
    for i = 0, size - 1 do
        if i % 4 ~= 0 then
            map[i * 7919 % 2147483647] = nil
            count = count - 1
        end
    end
    return sum + count
end
