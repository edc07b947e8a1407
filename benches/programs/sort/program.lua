-- A list of integers sorted in place by heapsort.
return function(size)
    local x, xs = 1, {}
    for i = 1, size do
        x = x * 16807 % 2147483647
        xs[i] = x
    end
    local start, last = (size - size % 2) / 2, size
    while last > 1 do
        if start > 0 then
            start = start - 1
        else
            xs[1], xs[last] = xs[last], xs[1]
            last = last - 1
        end
        local root = start + 1
        local value = xs[root]
        local child = 2 * root
        while child <= last do
            if child < last and xs[child] < xs[child + 1] then child = child + 1 end
            if value >= xs[child] then break end
            xs[root] = xs[child]
            root = child
            child = 2 * root
        end
        xs[root] = value
    end
    local result = 0
    for i, value in ipairs(xs) do result = (result * 31 + value + i - 1) % 1000003 end
    return result
end
