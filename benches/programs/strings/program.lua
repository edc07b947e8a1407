-- Lines of sixteen words that are made, joined, taken apart, changed and counted.
return function(size)
    local counts, result = {}, 0
    for i = 0, size - 1 do
        local words = {}
        for j = 0, 15 do words[j + 1] = "word" .. ((i * 16 + j) * 31 % 1009) end
        local line = table.concat(words, " ")
        for word in line:gmatch("[^ ]+") do
            local name = word:upper()
            counts[name] = (counts[name] or 0) + 1
        end
        result = result + #line
    end
    for name, count in pairs(counts) do result = result + #name * count * count end
    return result
end
